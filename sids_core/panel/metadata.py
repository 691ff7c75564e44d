"""indicatorMeta and datasetMeta: descriptions of indicators and datasets."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sids_core.errors import SHOWN_CHARACTERS
from sids_core.file_names import fault_of_name
from sids_core.panel.layout import DATASET_CODE, INDICATOR_CODE
from sids_core.panel.panel import Indicator
from sids_core.panel.read_text import TextRow
from sids_core.panel.report import IssueCollector

EMPTY_TEXTS = frozenset({"", "none", "nan"})
"""How the tables write that a text is missing, in lower case."""
UNKNOWN_DATASET = "unknown"
META_REPAIRS = {
    "surrounding_blanks": "blanks around a text removed",
    "malformed_code": "row without a usable code left out",
    "unnamed_column": "text in a column without a name, not read",
    "duplicate_metadata": "code described twice, the first row is used",
    "missing_name": "name missing, the code is used instead",
    "unknown_dataset": "dataset not in datasetMeta, its code is used as its name",
    "malformed_dataset": "unusable code of a dataset, taken from the indicator's code instead",
    "missing_dataset": "dataset missing, taken from the code's prefix",
    "empty_column": "required column without a text in any row",
    "metadata_without_data": "described, but without a row of values; left out",
}


@dataclass(frozen=True, slots=True)
class DescribedIndicator:
    """An indicator as indicatorMeta describes it, and the row."""

    place: str
    indicator: Indicator


@dataclass(frozen=True, slots=True)
class DescribedDataset:
    """A dataset's name in datasetMeta, and the row."""

    place: str
    name: str


def fault_of_code(text: str) -> str:
    """Why a text cannot be the code of an indicator or dataset, as the rest of a sentence; empty if it can.

    The dashboard's files are named by codes, in folders named by what is before their first hyphen.
    """
    if text.lower() in EMPTY_TEXTS:
        return "means that there is none"
    return fault_of_name(text) or fault_of_name(text.partition("-")[0]) or fault_of_name(f"{text}.json")


def dataset_of(code: str, datasets: Collection[str]) -> str:
    """The known dataset whose code prefixes the indicator's, up to the first hyphen; else `unknown`."""
    prefix = code.partition("-")[0]
    return prefix if prefix in datasets else UNKNOWN_DATASET


def describe_datasets(rows: Iterable[TextRow], repairs: IssueCollector) -> dict[str, DescribedDataset]:
    """Dataset code → its description in datasetMeta."""
    found: dict[str, DescribedDataset] = {}
    for row in rows:
        _report_unnamed(row, repairs)
        code = _code(row, DATASET_CODE, repairs)
        if code in found:
            repairs.add("duplicate_metadata", row.place, DATASET_CODE, code)
        elif code:
            name = _text(row, "Dataset Name", repairs) or _missing_name(row, code, repairs)
            found[code] = DescribedDataset(row.place, name)
    return found


def describe_indicators(
    rows: Iterable[TextRow], datasets: Collection[str], repairs: IssueCollector
) -> dict[str, DescribedIndicator]:
    """Indicator code → its description in indicatorMeta."""
    found: dict[str, DescribedIndicator] = {}
    for row in rows:
        _report_unnamed(row, repairs)
        code = _code(row, INDICATOR_CODE, repairs)
        if code in found:
            repairs.add("duplicate_metadata", row.place, INDICATOR_CODE, code)
        elif code:
            found[code] = DescribedIndicator(row.place, _indicator(row, code, datasets, repairs))
    for column in ("Category", "Dimension"):
        if found and not any(getattr(each.indicator, column.lower()) for each in found.values()):
            repairs.add("empty_column", "", column)
    return found


def _indicator(row: TextRow, code: str, datasets: Collection[str], repairs: IssueCollector) -> Indicator:
    name = _text(row, "Indicator", repairs) or _missing_name(row, code, repairs)
    dataset = _text(row, "Dataset", repairs)
    if dataset and (fault := fault_of_code(dataset)):
        repairs.add("malformed_dataset", row.place, "Dataset", f"{dataset[:SHOWN_CHARACTERS]!r} {fault}")
        dataset = ""
    if not dataset:
        dataset = dataset_of(code, datasets)
        repairs.add("missing_dataset", row.place, "Dataset", f"{dataset} for {code}")
    elif dataset not in datasets:
        repairs.add("unknown_dataset", row.place, "Dataset", dataset)
    return Indicator(
        code=code,
        name=name,
        dataset=dataset,
        category=_text(row, "Category", repairs),
        dimension=_text(row, "Dimension", repairs),
        units=_text(row, "Units", repairs) if "Units" in row.cells else "",
        source=_text(row, "Source", repairs) if "Source" in row.cells else "",
    )


def _report_unnamed(row: TextRow, repairs: IssueCollector) -> None:
    for text in row.unnamed:
        repairs.add("unnamed_column", row.place, "", repr(text))


def _code(row: TextRow, column: str, repairs: IssueCollector) -> str:
    code = _stripped(row, column, repairs)
    if fault := fault_of_code(code):
        repairs.add("malformed_code", row.place, column, f"{code[:SHOWN_CHARACTERS]!r} {fault}")
        return ""
    return code


def _text(row: TextRow, column: str, repairs: IssueCollector) -> str:
    text = _stripped(row, column, repairs)
    return "" if text.lower() in EMPTY_TEXTS else text


def _missing_name(row: TextRow, code: str, repairs: IssueCollector) -> str:
    repairs.add("missing_name", row.place, "", code)
    return code


def _stripped(row: TextRow, column: str, repairs: IssueCollector) -> str:
    text = row.cells[column]
    if text != text.strip():
        repairs.add("surrounding_blanks", row.place, column, repr(text))
    return text.strip()
