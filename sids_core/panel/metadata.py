"""indicatorMeta and datasetMeta: what is known of an indicator and of a dataset."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sids_core.panel.findings import Findings
from sids_core.panel.layout import DATASET_CODE, DATASET_META, INDICATOR_CODE, INDICATOR_META
from sids_core.panel.panel import Indicator
from sids_core.panel.text_rows import TextRow, read_text_rows

# How the tables write that a text is missing.
EMPTY_TEXTS = frozenset({"", "none", "nan"})
UNKNOWN_DATASET = "unknown"
META_REPAIRS = {
    "surrounding_blanks": "blanks around a text stripped",
    "malformed_code": "row without a usable code left out",
    "duplicate_metadata": "code described twice, the first row stands",
    "missing_name": "name missing, the code stands in",
    "unknown_dataset": "dataset is not in datasetMeta, its code stands in as its name",
    "missing_dataset": "dataset missing, taken from the code's prefix",
    "metadata_without_data": "described, but without a row of figures; left out",
}


@dataclass(frozen=True, slots=True)
class Described:
    """What indicatorMeta says of an indicator, and where."""

    place: str
    indicator: Indicator


@dataclass(frozen=True, slots=True)
class DescribedDataset:
    """What datasetMeta says of a dataset, and where."""

    place: str
    name: str


def is_code(text: str) -> bool:
    """Whether a text can be the code of an indicator or a dataset: printable, and not the word for a missing text."""
    return text.isprintable() and text.lower() not in EMPTY_TEXTS


def dataset_of(code: str, datasets: Collection[str]) -> str:
    """The dataset whose code an indicator's code begins with, up to the first hyphen; else `unknown`."""
    prefix = code.partition("-")[0]
    return prefix if prefix in datasets else UNKNOWN_DATASET


def read_datasets(path: Path, findings: Findings) -> dict[str, DescribedDataset]:
    """Dataset code → what datasetMeta says of it."""
    found: dict[str, DescribedDataset] = {}
    for row in read_text_rows(DATASET_META, path):
        code = _code(row, DATASET_CODE, findings)
        if code in found:
            findings.add("duplicate_metadata", row.place, DATASET_CODE, code)
        elif code:
            name = _text(row, "Dataset Name", findings) or _missing_name(row, code, findings)
            found[code] = DescribedDataset(row.place, name)
    return found


def read_indicators(path: Path, datasets: Collection[str], findings: Findings) -> dict[str, Described]:
    """Indicator code → what indicatorMeta says of it."""
    found: dict[str, Described] = {}
    for row in read_text_rows(INDICATOR_META, path):
        code = _code(row, INDICATOR_CODE, findings)
        if code in found:
            findings.add("duplicate_metadata", row.place, INDICATOR_CODE, code)
        elif code:
            found[code] = Described(row.place, _indicator(row, code, datasets, findings))
    return found


def _indicator(row: TextRow, code: str, datasets: Collection[str], findings: Findings) -> Indicator:
    name = _text(row, "Indicator", findings) or _missing_name(row, code, findings)
    dataset = _text(row, "Dataset", findings)
    if not dataset:
        dataset = dataset_of(code, datasets)
        findings.add("missing_dataset", row.place, "Dataset", f"{dataset} for {code}")
    elif dataset not in datasets:
        findings.add("unknown_dataset", row.place, "Dataset", dataset)
    return Indicator(
        code=code,
        name=name,
        dataset=dataset,
        category=_text(row, "Category", findings),
        dimension=_text(row, "Dimension", findings),
        units=_text(row, "Units", findings) if "Units" in row.cells else "",
    )


def _code(row: TextRow, column: str, findings: Findings) -> str:
    code = _stripped(row, column, findings)
    if not is_code(code):
        findings.add("malformed_code", row.place, column, repr(code))
        return ""
    return code


def _text(row: TextRow, column: str, findings: Findings) -> str:
    text = _stripped(row, column, findings)
    return "" if text.lower() in EMPTY_TEXTS else text


def _missing_name(row: TextRow, code: str, findings: Findings) -> str:
    findings.add("missing_name", row.place, "", code)
    return code


def _stripped(row: TextRow, column: str, findings: Findings) -> str:
    text = row.cells[column]
    if text != text.strip():
        findings.add("surrounding_blanks", row.place, column, repr(text))
    return text.strip()
