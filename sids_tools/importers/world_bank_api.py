"""A client of the World Bank's Indicators API, version 2.

https://datahelpdesk.worldbank.org/knowledgebase/articles/898581 (calls, paging), …/898599 (indicators), …/898611
(topics), …/898590 (countries). A response is `[{"page", "pages", "per_page", "total"}, [record, …]]`; an error is
`[{"message": [{"id", "key", "value"}]}]`, with status 200.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sids_tools.importers.errors import FetchError
from sids_tools.importers.json_client import JsonClient
from sids_tools.importers.parts import IndicatorValues

# World Development Indicators.
SOURCE = "2"
# One page holds every country and group over 35 years.
PAGE_ROWS = 10_000
AGGREGATES = "Aggregates"


class WorldBankApi:
    """The calls of an import. Each raises FetchError for an error of the API or a malformed response."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def topics(self) -> dict[str, str]:
        """Topic number → name."""
        return {_text(record, "id"): _text(record, "value") for record in self._records("topic")}

    def catalogue(self) -> dict[str, Mapping[str, Any]]:
        """WDI code → the API's record of the indicator."""
        return {_text(record, "id"): record for record in self._records(f"source/{SOURCE}/indicator")}

    def countries(self) -> dict[str, str]:
        """ISO 3166-1 alpha-2 and alpha-3 code → alpha-3 code, for countries and territories only.

        The list also has regions and income groups, in a region named Aggregates.
        """
        found = {}
        for record in self._records("country"):
            if _text(record, "region", "value") != AGGREGATES:
                found[_text(record, "id")] = found[_text(record, "iso2Code")] = _text(record, "id")
        return found

    def values(self, code: str, years: tuple[int, int], countries: Mapping[str, str]) -> IndicatorValues:
        """Country → year → value, without aggregates and missing values."""
        found: dict[str, dict[str, float]] = {}
        dates = {"date": f"{years[0]}:{years[1]}", "source": SOURCE}
        for record in self._records(f"country/all/indicator/{code}", dates):
            # In some series countryiso3code is empty, and the country's id is either code.
            named = _text(record, "countryiso3code") or _text(record, "country", "id")
            country, year, value = countries.get(named), _text(record, "date"), record.get("value")
            if named and country and value is not None and year.isdecimal() and years[0] <= int(year) <= years[1]:
                found.setdefault(country, {})[year] = _number(value, code)
        return found

    def _records(self, path: str, parameters: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
        page, pages, total, count = 1, 1, 0, 0
        while page <= pages:
            query = {**(parameters or {}), "format": "json", "per_page": str(PAGE_ROWS), "page": str(page)}
            answer = self._client.get(path, query)
            head, records = _parts(answer, path)
            pages, total = (_count(head, field, path) for field in ("pages", "total"))
            for record in records:
                if not isinstance(record, dict):
                    raise FetchError(f"{path}: a record is {type(record).__name__}, not an object")
                yield record
            count += len(records)
            page += 1
        if count != total:
            raise FetchError(f"{path}: {count} records on {pages} pages instead of {total}")


def _parts(answer: Any, path: str) -> tuple[Mapping[str, Any], list[Any]]:
    head = answer[0] if isinstance(answer, list) and answer else None
    if isinstance(head, dict) and head.get("message"):
        messages = [f"{said.get('key')}: {said.get('value')}" for said in head["message"] if isinstance(said, dict)]
        raise FetchError(f"{path}: the API reports an error ({'; '.join(messages)})")
    if not isinstance(head, dict) or len(answer) != 2:
        raise FetchError(f"{path}: the answer is not of the form [{{page, pages, total}}, [record, …]]")
    records = answer[1] if answer[1] is not None else []
    if not isinstance(records, list):
        raise FetchError(f"{path}: the records are {type(records).__name__}, not a list")
    return head, records


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


def _number(value: object, code: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FetchError(f"{code}: a value is {value!r}, not a number")
    return float(value)
