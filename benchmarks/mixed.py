"""What users of all kinds send, for the plan `mixed` of `benchmarks.load`.

A user sends requests one after the other: of eight, two are different imputations, one is the same imputation as
everybody's, one a survey, one a clustering of countries, one an interpolation, one a look-up and one a job that is
followed to its end. Who is told to come back later (503 or 429) waits as long as `Retry-After` says and sends the
request once more, then goes on to the next one.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx

SEED = 7
LATER = (429, 503)
MOST_PATIENCE = 20.0
"""Seconds that a user waits at most; a `Retry-After` above is honest, but not tried."""

POLL_SECONDS = 1.0
UNFINISHED = ("queued", "running")

Call = tuple[str, str, dict[str, Any]]
"""Method, path, and further arguments of the request."""


@dataclass
class Mixed:
    """The users' requests, and what came of them.

    Attributes:
        imputations: bodies of different imputations.
        equal: the body that everybody sends.
        seconds: how long the users go on.
        answers: seconds of the answered requests, by kind.
        refusals: seconds that `Retry-After` asked for.
        retried: of the refused requests that were sent again, whether they were answered.
        failures: everything else.
    """

    imputations: Sequence[dict[str, Any]]
    equal: dict[str, Any]
    seconds: float
    answers: dict[str, list[float]] = field(default_factory=dict)
    refusals: list[int] = field(default_factory=list)
    retried: list[bool] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def user(self, client: httpx.AsyncClient, number: int) -> None:
        """One user, who begins within a second and goes on until the time is over."""
        chosen = random.Random(SEED + number)  # noqa: S311 (which requests to send)
        end = perf_counter() + self.seconds
        await asyncio.sleep(chosen.random())
        while perf_counter() < end:
            kind, call = self._request(chosen)
            await self._sent(client, kind, call, end)

    def _request(self, chosen: random.Random) -> tuple[str, Call]:
        imputation = chosen.choice(self.imputations)
        predict = "/twolvlImp/predict"
        kinds: list[tuple[str, Call]] = [
            ("imputation", ("POST", predict, {"json": imputation})),
            ("imputation", ("POST", predict, {"json": {**imputation, "estimators": chosen.randint(1, 200)}})),
            ("equal imputation", ("POST", predict, {"json": self.equal})),
            ("survey", ("POST", "/survey/clustering", {"json": _survey(chosen)})),
            ("clusters", ("POST", "/correlation/cluster", {"json": _clusters(chosen)})),
            ("interpolation", ("POST", "/statimpute/impute", {"json": _series(chosen)})),
            ("catalogue", ("GET", f"/twolvlImp/targets?target_year={chosen.randint(1990, 2015)}", {})),
            ("job", ("POST", predict, {"json": imputation, "headers": {"Prefer": "respond-async"}})),
        ]
        return chosen.choice(kinds)

    async def _sent(self, client: httpx.AsyncClient, kind: str, call: Call, end: float) -> None:
        response = await self._answer(client, kind, call)
        if response is not None and response.status_code in LATER:
            pause = int(response.headers["retry-after"])
            self.refusals.append(pause)
            await asyncio.sleep(min(pause, MOST_PATIENCE))
            if pause <= MOST_PATIENCE and perf_counter() < end:
                response = await self._answer(client, kind, call)
                self.retried.append(response is not None and response.status_code not in LATER)
        if response is not None and response.status_code == 202:
            await self._followed(client, response.headers["location"], end)

    async def _answer(self, client: httpx.AsyncClient, kind: str, call: Call) -> httpx.Response | None:
        method, path, options = call
        start = perf_counter()
        try:
            response = await client.request(method, path, **options)
        except httpx.HTTPError as error:
            self.failures.append(f"{kind}: {error!r}")
            return None
        if response.status_code in (200, 202):
            self.answers.setdefault(kind, []).append(perf_counter() - start)
        elif response.status_code not in LATER or "retry-after" not in response.headers:
            self.failures.append(f"{kind}: {response.status_code} {response.text[:200]}")
            return None
        return response

    async def _followed(self, client: httpx.AsyncClient, location: str, end: float) -> None:
        while perf_counter() < end:
            response = await self._answer(client, "state of a job", ("GET", location, {}))
            if response is None or response.status_code in LATER:
                return
            if response.json()["status"] not in UNFINISHED:
                await self._answer(client, "result of a job", ("GET", f"{location}/result", {}))
                return
            await asyncio.sleep(POLL_SECONDS)


def sent_by_users(mixed: Mixed, url: str, users: int) -> Mixed:
    """What came of the requests of so many users; to be run in a process of their own."""

    async def all_users() -> None:
        limits = httpx.Limits(max_connections=None, keepalive_expiry=None)
        async with httpx.AsyncClient(base_url=url, timeout=600, limits=limits) as client:
            await asyncio.gather(*(mixed.user(client, number) for number in range(users)))

    asyncio.run(all_users())
    return mixed


def _survey(chosen: random.Random) -> dict[str, Any]:
    rows = chosen.choice((50, 500, 2000))
    return {
        "data": {
            "work": [chosen.choice(("fishing", "tourism", "farming")) for _ in range(rows)],
            "household": [chosen.randint(1, 9) for _ in range(rows)],
        },
        "metadata": {
            "Question Name": ["work", "household"],
            "Type": ["categorical", "continuous"],
            "Factor": ["f", "f"],
        },
        "factor": "f",
        "max_k": chosen.randint(2, 6),
    }


def _clusters(chosen: random.Random) -> dict[str, Any]:
    category = chosen.choice(("Environment", "Education", "Gender"))
    return {"dataset": "wdi", "category": category, "year": chosen.randint(2000, 2015), "k": chosen.randint(2, 8)}


def _series(chosen: random.Random) -> dict[str, Any]:
    method = chosen.choice(("linear", "cubic", "akima", "pchip"))
    return {"target": "wdi-AG.LND.AGRI.K2", "country": chosen.choice(("FJI", "JAM", "CPV")), "method": method}
