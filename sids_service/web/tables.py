"""Answers that are tables too: JSON, or CSV (RFC 4180) where the client's Accept header prefers it."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic_core import from_json
from starlette.responses import Response

from sids_service.web.responses import json_response

CSV_TYPE = "text/csv"
JSON_TYPE = "application/json"

TABULAR: dict[int | str, Any] = {200: {"description": f"JSON, or {CSV_TYPE} where the header `Accept` prefers it."}}
"""Documentation of an answer that may be CSV. The second media type is only told in words: generated clients would take
every answer for an object or a text."""

ESTIMATES = ("country", "year", "indicator", "value", "lower", "upper", "status")
"""Columns of values that may be observed, imputed or interpolated; bounds are empty where there are none."""


@dataclass(frozen=True)
class ResultTable:
    """The table of a computed result.

    Attributes:
        columns: names of the columns.
        rows: makes the rows from the fields of the request and the answer in JSON.
    """

    columns: Sequence[str]
    rows: Callable[[Mapping[str, Any], Any], Iterable[Sequence[object]]]


class Tabular:
    """Answers a request with a model, or with the rows of its table."""

    def __init__(self, request: Request) -> None:
        self._csv = prefers(CSV_TYPE, request.headers.get("accept", ""))

    def __call__(
        self, model: object, columns: Sequence[str], rows: Callable[[], Iterable[Sequence[object]]]
    ) -> Response:
        """The response; the rows are only made if they are asked for. A number that is not finite is an empty cell."""
        if not self._csv:
            return json_response(model, headers={"Vary": "Accept"})
        return self._table(columns, rows(), {})

    def result(
        self,
        result: bytes,
        table: ResultTable | None,
        request: Callable[[], Mapping[str, Any]],
        headers: Mapping[str, str],
    ) -> Response:
        """The response with a computed result: its bytes, or the rows of its table, if it has one.

        Args:
            result: in JSON.
            table: the table; None if there is none.
            request: gives the fields of the request.
            headers: of the response.
        """
        if table is None or not self._csv:
            return json_response(result, headers={**headers, "Vary": "Accept"})
        return self._table(table.columns, table.rows(request(), from_json(result)), headers)

    def _table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], headers: Mapping[str, str]) -> Response:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
        return Response(text.getvalue(), headers={**headers, "Vary": "Accept"}, media_type=f"{CSV_TYPE}; charset=utf-8")


AsTable = Annotated[Tabular, Depends()]


def prefers(media_type: str, accept: str) -> bool:
    """Whether a client prefers a media type to JSON, by RFC 9110, section 12.5.1; JSON where it has no preference.

    >>> [prefers("text/csv", accept) for accept in ("text/csv", "*/*", "text/csv;q=0.5, application/json")]
    [True, False, False]
    """
    qualities: dict[str, float] = {}
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        quality = next((part.removeprefix("q=") for part in parameters if part.startswith("q=")), "1")
        try:
            qualities[name] = float(quality)
        except ValueError:
            qualities[name] = 0.0

    def quality_of(media_type: str) -> float:
        everything = qualities.get("*/*", 0.0)
        return qualities.get(media_type, qualities.get(media_type.partition("/")[0] + "/*", everything))

    return quality_of(media_type) > quality_of(JSON_TYPE)


def _cell(value: object) -> object:
    """Floats with the digits that read back as the same number; csv writes None as an empty cell."""
    if isinstance(value, float):
        return repr(value) if -float("inf") < value < float("inf") else None
    return value
