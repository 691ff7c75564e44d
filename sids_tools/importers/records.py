"""Converts records of a JSON list to rows of a table, matching field names loosely."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sids_core.panel.metadata import EMPTY_TEXTS
from sids_tools.importers.errors import FetchError

# Column → possible names of its field, ignoring case, blanks, hyphens and underscores; the first with a text is used.
# The SIDS data API itself says def, dim, numYears and so on.
INDICATOR_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Indicator Code": ("indicatorcode", "code", "id"),
        "Indicator": ("indicator", "indicatorname", "name"),
        "Definition": ("definition", "def", "description"),
        "Units": ("units", "unit"),
        "Category": ("category",),
        "Subcategory": ("subcategory",),
        "Dimension": ("dimension", "dim"),
        "Dataset": ("dataset", "datasetcode"),
        "Source": ("source",),
        "Link": ("link", "url"),
        "Priority": ("priority",),
        "Note": ("note", "notes"),
        "# Years": ("numyears", "#years"),
        "# Countries": ("numcountries", "#countries"),
    }
)
DATASET_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Dataset Code": ("datasetcode", "code", "id"),
        "Dataset Name": ("datasetname", "name"),
        "Organization": ("organization", "organisation"),
        "Description": ("description",),
        "License": ("license", "licence"),
        "Link": ("link", "url"),
        "Release Year": ("releaseyear",),
        "# Indicators": ("numindicators", "#indicators"),
        "# Countries": ("numcountries", "#countries"),
        "# Years": ("numyears", "years", "#years"),
        "Priority": ("priority",),
    }
)


def read_records(answer: Any, name: str, fields: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
    """Code → its row, with the columns of `fields`; the first of them is the code.

    Args:
        answer: a mapping from code to record, or a list of records that contain their code.
        name: its name in messages.
        fields: INDICATOR_FIELDS or DATASET_FIELDS.

    Raises:
        FetchError: it is neither, or a record is not an object or lacks its code.
    """
    if isinstance(answer, dict):
        pairs = list(answer.items())
    elif isinstance(answer, list):
        pairs = [("", record) for record in answer]
    else:
        raise FetchError(f"{name}: neither a mapping from code to record nor a list of records")
    code_column = next(iter(fields))
    found: dict[str, dict[str, str]] = {}
    for number, (key, record) in enumerate(pairs, 1):
        if not isinstance(record, dict):
            raise FetchError(f"{name}: record {number} is not an object")
        row = _row(record, fields)
        code = key or row[code_column]
        if not code:
            raise FetchError(f"{name}: record {number} has no code")
        found.setdefault(code, {**row, code_column: code})
    return found


def _row(record: Mapping[str, Any], fields: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    plain = {"".join(letter for letter in key.lower() if letter not in " _-"): value for key, value in record.items()}
    return {column: _first_text([plain[name] for name in names if name in plain]) for column, names in fields.items()}


def _first_text(values: Sequence[object]) -> str:
    texts = [_text(value) for value in values]
    return next((text for text in texts if not is_empty(text)), texts[0] if texts else "")


def is_empty(text: str) -> bool:
    """Whether a text only says that there is none: "", "None", "nan"."""
    return text.lower() in EMPTY_TEXTS


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
