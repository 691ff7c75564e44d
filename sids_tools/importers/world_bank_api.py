"""A client of the World Bank's Indicators API, version 2.

https://datahelpdesk.worldbank.org/knowledgebase/articles/898581 (calls, paging), …/898599 (indicators), …/898611
(topics), …/898590 (countries). A response is `[{"page", "pages", "per_page", "total", "lastupdated"}, [record, …]]`; an
error is `[{"message": [{"id", "key", "value"}]}]`, with status 200.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sids_tools.importers.errors import FetchError, RefusedError, UnreachableError
from sids_tools.importers.json_client import JsonClient
from sids_tools.importers.observations import Collector, IndicatorValues, is_number

# World Development Indicators.
SOURCE = "2"
# One page holds every country and group over 35 years.
PAGE_ROWS = 10_000
AGGREGATES = "Aggregates"
# Messages about what was asked for: “Invalid value” and “The indicator was not found. It may have been deleted or
# archived.” Others, such as 105, “Service currently unavailable”, say nothing about it.
REFUSALS = frozenset({"120", "175"})
ARCHIVED = "deleted or archived"


@dataclass(frozen=True, slots=True)
class Listed:
    """The records of all pages of a response.

    Attributes:
        records: the pages' records.
        lastupdated: when the source was last updated; the earliest date if pages differ, empty if none says one.
    """

    records: tuple[Mapping[str, Any], ...]
    lastupdated: str


class WorldBankApi:
    """The calls of an import. Each raises FetchError for an error of the API or a malformed response."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def topics(self) -> dict[str, str]:
        """Topic number → name."""
        return {_text(record, "id"): _text(record, "value") for record in self._listed("topic").records}

    def catalogue(self) -> Listed:
        """The API's records of the World Development Indicators."""
        return self._listed(f"source/{SOURCE}/indicator")

    def countries(self) -> dict[str, str]:
        """ISO 3166-1 alpha-2 and alpha-3 code → alpha-3 code; empty for regions and income groups.

        The list has these in a region named Aggregates.
        """
        found = {}
        for record in self._listed("country").records:
            country = "" if _text(record, "region", "value") == AGGREGATES else _text(record, "id")
            found[_text(record, "id")] = found[_text(record, "iso2Code")] = country
        return found

    def values(self, code: str, years: tuple[int, int], countries: Mapping[str, str]) -> IndicatorValues:
        """An indicator's values, without those of aggregates."""
        collector = Collector()
        path = f"country/all/indicator/{quote(code, safe='')}"
        listed = self._listed(path, {"date": f"{years[0]}:{years[1]}", "source": SOURCE})
        for record in listed.records:
            year, value = _text(record, "date"), record.get("value")
            if value is None or not year.isdecimal() or not years[0] <= int(year) <= years[1]:
                continue
            if not is_number(value):
                raise FetchError(f"{code}: a value is {value!r}, not a number")
            # In some series countryiso3code is empty, and the country's id is either code.
            named = _text(record, "countryiso3code") or _text(record, "country", "id")
            country = countries.get(named) if named else None
            if country is None:
                collector.leave_out(named or _text(record, "country", "value") or "a place without a code", value)
            elif country:
                collector.add(country, year, value)
        return collector.values(listed.lastupdated)

    def _listed(self, path: str, parameters: Mapping[str, str] | None = None) -> Listed:
        page, pages, total = 1, 1, 0
        found: list[Mapping[str, Any]] = []
        dates = set()
        while page <= pages:
            query = {**(parameters or {}), "format": "json", "per_page": str(PAGE_ROWS), "page": str(page)}
            answer = self._client.get(path, query)
            head, records = _parts(answer, path)
            pages, total = (_count(head, field, path) for field in ("pages", "total"))
            for record in records:
                if not isinstance(record, dict):
                    raise FetchError(f"{path}: a record is {type(record).__name__}, not an object")
            found += records
            dates.add(_text(head, "lastupdated"))
            page += 1
        if len(found) != total:
            raise FetchError(f"{path}: {len(found)} records on {pages} pages instead of {total}")
        return Listed(tuple(found), min(dates - {""}, default=""))


def _parts(answer: Any, path: str) -> tuple[Mapping[str, Any], list[Any]]:
    head = answer[0] if isinstance(answer, list) and answer else None
    if isinstance(head, dict) and head.get("message"):
        raise _reported(head["message"], path)
    if not isinstance(head, dict) or len(answer) != 2:
        raise FetchError(f"{path}: the answer is not of the form [{{page, pages, total}}, [record, …]]")
    records = answer[1] if answer[1] is not None else []
    if not isinstance(records, list):
        raise FetchError(f"{path}: the records are {type(records).__name__}, not a list")
    return head, records


def _reported(message: object, path: str) -> FetchError:
    said = [each for each in message if isinstance(each, dict)] if isinstance(message, list) else []
    texts = "; ".join(f"{each.get('key')}: {each.get('value')}" for each in said)
    refused = any(_text(each, "id") in REFUSALS or ARCHIVED in _text(each, "value").lower() for each in said)
    kind = RefusedError if refused else UnreachableError
    return kind(f"{path}: the API reports an error ({texts or message})")


def _count(head: Mapping[str, Any], field: str, path: str) -> int:
    try:
        return int(head[field])
    except (KeyError, TypeError, ValueError):
        raise FetchError(f"{path}: the answer's {field} is {head.get(field)!r}, not a number") from None


def _text(record: Mapping[str, Any], *fields: str) -> str:
    """The text of a (nested) field; empty if it is missing."""
    value: Any = record
    for field in fields:
        value = value.get(field) if isinstance(value, dict) else None
    return "" if value is None else str(value).strip()
