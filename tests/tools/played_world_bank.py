"""The World Bank's Indicators API as it is documented, with a handful of countries and indicators.

The shapes are those of https://datahelpdesk.worldbank.org/knowledgebase/articles/898581 and the pages beside it.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.tools.played_server import Answer, PlayedServer

# code, ISO 3166-1 alpha-2, region; the last three are aggregates.
PLACES = (
    ("FJI", "FJ", "East Asia & Pacific"),
    ("NAM", "NA", "Sub-Saharan Africa "),
    ("TON", "TO", "East Asia & Pacific"),
    ("USA", "US", "North America"),
    ("EAS", "Z4", "Aggregates"),
    ("HIC", "XD", "Aggregates"),
    ("WLD", "1W", "Aggregates"),
)
TOPICS = {"6": "Environment ", "8": "Health ", "19": "Climate Change"}
INDICATORS = {
    "AG.LND.FRST.ZS": ("Forest area (% of land area)", ("6", "19")),
    "EN.POP.DNST": ("Population density (people per sq. km of land area)", ("19", "6")),
    "SH.DYN.MORT": ("Mortality rate, under-5 (per 1,000 live births)", ("8",)),
    "SL.UEM.TOTL.ZS": ("Unemployment, total (% of total labor force) (modeled ILO estimate)", ("8",)),
    "SP.POP.TOTL": ("Population, total", ("8", "19")),
    "ST.INT.ARVL": ("International tourism, number of arrivals", ()),
}
EMPTY = "ST.INT.ARVL"
YEARS = range(1998, 2006)

Message = Mapping[str, str]
INVALID: Message = {"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}
ARCHIVED: Message = {
    "id": "175",
    "key": "Invalid format",
    "value": "The indicator was not found. It may have been deleted or archived.",
}
UNAVAILABLE: Message = {
    "id": "105",
    "key": "Service currently unavailable",
    "value": "The requested service is temporarily unavailable.",
}


def published_value(code: str, country: str, year: int) -> float | None:
    """The value that the server publishes at first; none in 2003."""
    place = [known for known, _, _ in PLACES].index(country)
    return None if year == 2003 else sorted(INDICATORS).index(code) * 1000 + place * 100 + (year - 1990) + 0.1


class PlayedWorldBank:
    """Codes in `messages` are answered with that message, unknown ones with INVALID.

    Pages have at most `page_rows` records. `update` adds to every value; `extra` records end those of their code.
    """

    def __init__(self, server: PlayedServer, page_rows: int = 11) -> None:
        self.server = server
        self.page_rows = page_rows
        self.messages: dict[str, Message] = {}
        self.lastupdated = "2025-07-01"
        self.listed_lastupdated = True
        self.added = 0
        self.extra: dict[str, list[dict[str, Any]]] = {}
        server.respond = self._respond

    @property
    def url(self) -> str:
        return f"{self.server.url}/v2"

    @staticmethod
    def path(code: str) -> str:
        return f"/v2/country/all/indicator/{code}"

    def fail(self, code: str, *answers: Answer) -> None:
        """Give these answers before the right one."""
        self.server.faults[self.path(code)] = list(answers)

    def asked(self, code: str) -> int:
        return self.server.asked[self.path(code)]

    def update(self, lastupdated: str, added: int) -> None:
        """Publish other values, `added` more than the first ones."""
        self.lastupdated, self.added = lastupdated, added

    def _respond(self, path: str, query: Mapping[str, str]) -> Answer:
        if query.get("format") != "json":
            return Answer(b"<?xml version='1.0'?>", headers={"Content-Type": "text/xml"})
        code = path.removeprefix("/v2/country/all/indicator/")
        records = self._records(path.removeprefix("/v2/"), query)
        if records is None or code in self.messages:
            return Answer(json.dumps([{"message": [self.messages.get(code, INVALID)]}]).encode())
        rows = min(self.page_rows, int(query.get("per_page", "50")))
        page, pages = int(query.get("page", "1")), -(-len(records) // rows)
        # An empty answer has no list, as the API does it.
        head: dict[str, Any] = {"page": page, "pages": pages, "per_page": rows, "total": len(records)}
        if code in INDICATORS or self.listed_lastupdated:
            head["lastupdated"] = self.lastupdated
        shown: Any = records[(page - 1) * rows : page * rows] or None
        return Answer(json.dumps([head, shown]).encode(), headers={"Content-Type": "application/json"})

    def _records(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]] | None:
        if path == "topic":
            return [{"id": number, "value": name, "sourceNote": "…"} for number, name in TOPICS.items()]
        if path == "country":
            return [
                {"id": code, "iso2Code": short, "name": f"Name of {code}", "region": {"id": "…", "value": region}}
                for code, short, region in PLACES
            ]
        if path == "source/2/indicator":
            return [_described(code) for code in INDICATORS]
        code = path.removeprefix("country/all/indicator/")
        if code not in INDICATORS or query.get("source") != "2":
            return None
        first, last = map(int, query["date"].split(":"))
        observed = [] if code == EMPTY else _observed(code, range(first, last + 1), self.added)
        return observed + self.extra.get(code, [])


def _described(code: str) -> dict[str, Any]:
    name, topics = INDICATORS[code]
    return {
        "id": code,
        "name": name,
        "unit": "",
        "source": {"id": "2", "value": "World Development Indicators"},
        "sourceNote": f"What {code}\nmeans, “exactly”.",
        "sourceOrganization": "An organisation, and another",
        "topics": [{"id": number, "value": TOPICS[number]} for number in topics],
    }


def observation(code: str, country: str, year: int, value: float | None, short: str = "") -> dict[str, Any]:
    """A record of an indicator's values."""
    return {
        "indicator": {"id": code, "value": INDICATORS[code][0]},
        "country": {"id": short, "value": f"Name of {country}"},
        "countryiso3code": country,
        "date": str(year),
        "value": value,
        "unit": "",
        "obs_status": "",
        "decimal": 1,
    }


def _observed(code: str, years: range, added: int) -> list[dict[str, Any]]:
    """Newest first; one series leaves countryiso3code empty."""
    return [
        observation(
            code,
            "" if code == "SH.DYN.MORT" else country,
            year,
            None if (value := published_value(code, country, year)) is None else value + added,
            short,
        )
        for country, short, _ in PLACES
        for year in sorted(set(years) & set(YEARS), reverse=True)
    ]
