"""The importers' shared parts where a command would show them only slowly."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from sids_core.panel.write import new_tables
from sids_tools.importers.errors import FetchError, RefusedError, UnreachableError
from sids_tools.importers.gathering import CONNECTIONS, NOT_TRIED, PATIENCE, THREADS, gather
from sids_tools.importers.json_client import JsonClient, retry_after
from sids_tools.importers.observations import IndicatorValues, Remarks
from sids_tools.importers.parts import Parts
from tests.tools.played_server import Answer, PlayedServer

CODES = tuple(f"x-{number}" for number in range(60))
VALUES = IndicatorValues({"FJI": {"2000": 0.1}}, Remarks("2025-07-01", repeated=1, unlisted={"XKX": 2}))
NOW = datetime(2025, 10, 21, 7, 28, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path, "a request")


@pytest.fixture
def server() -> Iterator[PlayedServer]:
    with PlayedServer() as played:
        yield played


def test_a_source_that_is_down_is_not_asked_for_everything(parts: Parts) -> None:
    asked = []

    def fetch(code: str) -> IndicatorValues:
        asked.append(code)
        raise UnreachableError("down")

    done: list[int] = []
    gathered = gather(CODES, fetch, parts, done.append)
    assert PATIENCE <= len(asked) < PATIENCE + CONNECTIONS
    assert set(gathered.missing) == set(CODES)
    assert sum(str(error) == NOT_TRIED for error in gathered.missing.values()) == len(CODES) - len(asked)
    assert sum(done) == len(CODES)


def test_refusals_do_not_stop_the_others(parts: Parts) -> None:
    def fetch(code: str) -> IndicatorValues:
        if code != CODES[-1]:
            raise RefusedError("refused")
        return VALUES

    gathered = gather(CODES, fetch, parts, lambda _: None)
    assert gathered.arrived == {CODES[-1]: VALUES.remarks}
    assert set(map(str, gathered.missing.values())) == {"refused"}
    assert parts.get(CODES[-1]) == VALUES


def test_codes_that_tables_cannot_have_are_not_asked_for(parts: Parts) -> None:
    asked = []

    def fetch(code: str) -> IndicatorValues:
        asked.append(code)
        return VALUES

    unusable = ("../../x", "a/b", "a?b", "x" * 300, "a\nb", "\ud800")
    gathered = gather((*unusable, CODES[0]), fetch, parts, lambda _: None)
    assert asked == [CODES[0]]
    assert set(gathered.missing) == set(unusable)
    assert all(isinstance(error, RefusedError) and str(error).isprintable() for error in gathered.missing.values())


def test_codes_with_any_letters_are_kept_apart(parts: Parts) -> None:
    codes = ("a/b", "a%2Fb", "..", "ä, b", "A/B")
    for number, code in enumerate(codes):
        parts.put(code, IndicatorValues({"FJI": {"2000": number}}))
    assert [parts.get(code).observations["FJI"]["2000"] for code in codes] == list(range(len(codes)))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Tue, 21 Oct 2025 07:29:30 GMT", 90),
        ("Tue, 21 Oct 2025 07:00:00 GMT", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_retry_after(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


def test_a_server_that_asks_for_an_hour_is_not_retried(server: PlayedServer) -> None:
    server.respond = lambda _path, _query: Answer(status=429, headers={"Retry-After": "3600"})
    with (
        JsonClient(server.url, backoff_seconds=0) as client,
        pytest.raises(UnreachableError, match="asks to retry after 3600 s"),
    ):
        client.get("values")
    assert server.asked["/values"] == 1


def test_giving_up_does_not_wait_for_pauses(
    server: PlayedServer, parts: Parts, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    server.respond = lambda path, _query: (
        Answer(b'{"FJI": {"2000": 1}}') if path == "/x-9" else Answer(status=429, headers={"Retry-After": "200"})
    )

    def stop(done: int) -> None:
        if done == 1:
            eventually(lambda: server.asked["/x-0"] == 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), JsonClient(server.url) as client:
        gather(("x-0", "x-1", "x-9"), lambda code: IndicatorValues(client.get(code)), parts, stop)
    eventually(lambda: not any(thread.name.startswith(THREADS) for thread in threading.enumerate()))
    assert server.asked["/x-0"] == 1
    assert parts.has("x-9")


def test_attempts_are_bounded(server: PlayedServer) -> None:
    server.respond = lambda _path, _query: Answer(status=502)
    with (
        JsonClient(server.url, backoff_seconds=0, attempts=3) as client,
        pytest.raises(UnreachableError, match="/values: the server answers 502 Bad Gateway"),
    ):
        client.get("values")
    assert server.asked["/values"] == 3


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_refusal_is_not_tried_again(server: PlayedServer, status: int) -> None:
    server.respond = lambda _path, _query: Answer(status=status)
    with JsonClient(server.url, backoff_seconds=0) as client, pytest.raises(RefusedError, match=f"answers {status}"):
        client.get("values")
    assert server.asked["/values"] == 1


def test_an_answer_that_is_no_success_and_no_refusal_is_neither(server: PlayedServer) -> None:
    server.respond = lambda _path, _query: Answer(status=204)
    with JsonClient(server.url, backoff_seconds=0) as client, pytest.raises(FetchError, match="answers 204") as failure:
        client.get("values")
    assert not isinstance(failure.value, RefusedError | UnreachableError)


def test_tables_are_replaced_together_or_not_at_all(tmp_path: Path) -> None:
    names = ("indicatorMeta.csv", "datasetMeta.csv", "indicatorData.csv")

    def write(text: str, *, fail: bool) -> None:
        with new_tables(tmp_path, (".csv",)) as scratch:
            for name in names:
                (scratch / name).write_text(text)
            if fail:
                raise OSError("disk full")

    write("old", fail=False)
    with pytest.raises(OSError, match="disk full"):
        write("new", fail=True)
    assert {path.name: path.read_text() for path in tmp_path.glob("*.csv")} == dict.fromkeys(names, "old")
    write("new", fail=False)
    assert {path.name: path.read_text() for path in tmp_path.glob("*.csv")} == dict.fromkeys(names, "new")
    assert sha256(b"new").hexdigest() in (tmp_path / "SHA256SUMS").read_text()
