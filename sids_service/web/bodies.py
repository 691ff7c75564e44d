"""Request bodies as objects, within bounds of memory.

Objects of Python take up to thirty times the bytes of their JSON, and each fault of a request another kilobyte. So a
document may have some thousands of values only; the columns of answers of a survey are not counted, since they stay
text until they are read, one at a time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import detect_encoding
from typing import Any, TypeVar
from uuid import uuid4

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import from_json

from sids_core.errors import RequestError
from sids_service.web.errors import BodyTooLargeError, NotJsonError

DOCUMENT_BYTES = 2**20
"""Most bytes of a document, columns not counted; about ten times a request that names every indicator."""

MOST_VALUES = 20_000
"""Most values of a document, and separately most lists and objects within its columns."""

COLUMN_BYTES = 4 * 2**20
COLUMN_VALUES = 200_000
"""Most bytes and values of a column, which is read as a whole."""

TOO_MANY = "too_many_values"

UP_TO_VALUE = re.compile(rb'(?:[^",\[{]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
UP_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
PLACE = re.compile(r" at line \d+ column \d+$")

RequestT = TypeVar("RequestT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class JsonColumn:
    """A list or an object as it stands in a body."""

    body: bytes
    start: int
    end: int

    @property
    def text(self) -> bytes:
        """Its JSON."""
        return self.body[self.start : self.end]

    def read(self) -> list[Any] | dict[str, Any]:
        """Its items, as new objects."""
        items: list[Any] | dict[str, Any] = from_json(self.text, allow_inf_nan=False)
        return items


@dataclass(frozen=True, slots=True)
class Columns:
    """Annotates a field of a request, a mapping whose lists and objects arrive as `JsonColumn`s."""


def column_field(request: type[BaseModel]) -> str | None:
    """Name in JSON of the field that is annotated with `Columns`; None without one."""
    fields = request.model_fields.items()
    return next((field.alias or name for name, field in fields if Columns() in field.metadata), None)


def parse_request(request: type[RequestT], body: bytes) -> RequestT:
    """A request from its JSON, as `parse` reads it.

    Raises:
        RequestError: too many values.
        pydantic.ValidationError: not JSON, or not of this type.
    """
    try:
        document = parse(body, column_field(request))
    except (NotJsonError, BodyTooLargeError, RequestValidationError):
        return request.model_validate_json(b"")
    return request.model_validate(document)


def parse(body: bytes, columns: str | None = None) -> dict[str, Any]:
    """The JSON object of a body.

    Args:
        body: in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.
        columns: name of a field, an object, whose lists and objects become `JsonColumn`s.

    Raises:
        NotJsonError: not JSON (RFC 8259 excludes NaN and Infinity), not Unicode, or nested deeper than 200 levels.
        RequestValidationError: JSON, but not an object.
        RequestError: too many values.
        BodyTooLargeError: too many bytes besides the columns.
    """
    try:
        text = _utf8(body)
        document = _document(text) if columns is None else _with_columns(text, columns)
    except UnicodeError as error:
        encoding = getattr(error, "encoding", "Unicode")
        raise NotJsonError(f"The body is not JSON: it is no valid {encoding.upper()}") from None
    except ValueError as error:
        raise NotJsonError(f"The body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise RequestValidationError(
            [{"loc": ("body",), "msg": "The body should be a JSON object", "type": "object_type"}]
        )
    return document


def _document(text: bytes) -> Any:
    if len(text) > DOCUMENT_BYTES:
        raise BodyTooLargeError(f"The body is too large; at most {DOCUMENT_BYTES} bytes are accepted besides answers")
    if _has_more_values(text, MOST_VALUES):
        raise RequestError(f"The body has more than {MOST_VALUES} values", kind=TOO_MANY)
    return from_json(text, allow_inf_nan=False)


def _with_columns(text: bytes, field: str) -> Any:
    """Parse the document with marks in place of its columns."""
    mark = uuid4().hex  # no text of the body is mistaken for it
    places = list(_columns(text, field))
    ends = [0, *(end for _, end in places)]
    starts = [*(start for start, _ in places), len(text)]
    pieces = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    outline = pieces[0] + b"".join(b'"%s%d"%s' % (mark.encode(), at, piece) for at, piece in enumerate(pieces[1:]))
    try:
        document = _document(outline)
    except ValueError as error:
        raise ValueError(PLACE.sub("", str(error))) from None  # its place in the outline means nothing to clients
    given = document.get(field) if isinstance(document, dict) else None
    if isinstance(given, dict):
        for name, value in given.items():
            if isinstance(value, str) and value.startswith(mark):
                given[name] = JsonColumn(text, *places[int(value.removeprefix(mark))])
                _check(given[name], name, field)
    return document


def _columns(text: bytes, field: str) -> Iterator[tuple[int, int]]:
    """Where the lists and objects that are items of the field start and end."""
    opening = re.compile(rb'"%s"[ \t\r\n]*+:[ \t\r\n]*+\Z' % re.escape(field.encode()))
    depth = brackets = position = start = 0
    within = False
    while True:
        before, position = position, UP_TO_BRACKET.match(text, position).end()  # type: ignore[union-attr]
        if position == len(text) or text[position] == ord('"'):  # the rest has no bracket, or a text without an end
            return
        brackets += 1
        if brackets > 2 * MOST_VALUES:
            raise RequestError(f"The body has more than {MOST_VALUES} lists and objects", kind=TOO_MANY)
        if text[position] in b"[{":
            depth += 1
            if depth == 2:
                within = opening.search(text, before, position) is not None
            elif depth == 3:
                start = position
        else:
            depth -= 1
            if depth == 2 and within:
                yield start, position + 1
        position += 1


def _check(column: JsonColumn, name: str, field: str) -> None:
    """Check that a column is JSON, and may be read into memory."""
    text = column.text
    if len(text) > COLUMN_BYTES:
        raise RequestError(f"item {name!r} has more than {COLUMN_BYTES} bytes", kind=TOO_MANY, parameter=field)
    if _has_more_values(text, COLUMN_VALUES):
        raise RequestError(f"item {name!r} has more than {COLUMN_VALUES} values", kind=TOO_MANY, parameter=field)
    from_json(text, allow_inf_nan=False)


def _has_more_values(text: bytes, most: int) -> bool:
    """Whether a JSON text has more values than that, most of which follow a comma or a bracket."""
    if sum(map(text.count, (b",", b"[", b"{"))) <= most:
        return False  # even if those within texts are counted
    position = -1
    for _ in range(most + 1):
        position = UP_TO_VALUE.match(text, position + 1).end()  # type: ignore[union-attr]
        if position == len(text):
            return False
    return True


def _utf8(body: bytes) -> bytes:
    encoding = detect_encoding(body)
    return body if encoding == "utf-8" else body.decode(encoding).encode()
