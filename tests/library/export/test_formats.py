"""Observed values leave as they came, to the last digit, in every format; and what was imputed stays marked."""

import csv
import gzip
import io
import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped, unused-ignore]
from pysdmx.io import read_sdmx

import sids_core as sids
from sids_core.export import excel
from sids_core.export.csv_file import number_text
from sids_core.imputation.filled import ENDINGS, FilledTable, FillResult
from sids_core.panel.panel import Indicator, Panel
from tests.library.export.conftest import Observed

PROJECT_FILES = ("filled.csv", "filled.xlsx", "filled.parquet", "filled.sdmx.csv")
COLUMNS = ("country", "indicator", "year", "value")
NASTY = ("=1+1", "+1", "-1", "@SUM(A1)", 'a,"b"\n;c', "Côte d’Ivoire ‰", "x\x07y", "NA", "true", "0012")


def read_csv(path: Path) -> list[float]:
    with path.open(encoding="utf-8", newline="") as file:
        texts = [row["value"] for row in csv.DictReader(file)]
    assert pd.read_csv(path)["value"].tolist() == list(map(float, texts))
    return list(map(float, texts))


def read_excel(path: Path) -> list[float]:
    return pd.read_excel(path, sheet_name="filled")["value"].astype(float).tolist()


def read_parquet(path: Path) -> list[float]:
    numbers: list[float] = pl.read_parquet(path)["value"].to_list()
    assert pd.read_parquet(path)["value"].tolist() == numbers
    return numbers


def read_sdmx_csv(path: Path) -> list[float]:
    return list(map(float, sdmx_rows(path)["OBS_VALUE"]))


def sdmx_rows(path: Path) -> pd.DataFrame:
    (dataset,) = read_sdmx(path).get_datasets()
    return dataset.data


READERS: Mapping[str, Callable[[Path], list[float]]] = {
    ".csv": read_csv,
    ".xlsx": read_excel,
    ".parquet": read_parquet,
    ".sdmx.csv": read_sdmx_csv,
}
finite = st.floats(allow_nan=False, allow_infinity=False)
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(numbers=st.lists(finite, min_size=1, max_size=50))
@example(numbers=[0.1, 0.1 + 0.2, 1e-300, 5e-324, 1.7976931348623157e308, -0.0, 2.0**53 + 2, 1 / 3, 123456789.12345679])
def test_every_float_comes_back_from_every_format(numbers: list[float], observed: Observed, tmp_path: Path) -> None:
    result = observed(numbers)
    for ending in ENDINGS:
        path = tmp_path / f"filled{ending}"
        result.save(path)
        assert READERS[ending](path) == numbers, ending


@quick
@given(
    texts=st.lists(
        st.decimals(-(10**12), 10**12, places=3, allow_nan=False).map(str)
        | st.sampled_from(["5", "1e3", "1.50", "-2E-05"]),
        min_size=1,
        max_size=20,
    )
)
def test_the_text_of_a_table_is_the_number_that_leaves(texts: list[str], tmp_path: Path) -> None:
    countries = sorted(sids.open_panel(pd.DataFrame([("FJI", "d-x", 2019, 1.0)], columns=list(COLUMNS))).countries)
    rows = "".join(f"{country},d-x,2019,{text}\n" for country, text in zip(countries, texts, strict=False))
    (tmp_path / "in.csv").write_text(f"country,indicator,year,value\n{rows}")
    result = sids.fill(sids.open_panel(tmp_path / "in.csv"), countries=countries[: len(texts)])
    for text in (result.to_csv(), result.to_sdmx_csv()):
        left = [row.get("value") or row["OBS_VALUE"] for row in csv.DictReader(io.StringIO(text))]
        assert list(map(Decimal, left)) == list(map(Decimal, texts))


def test_the_texts_of_the_real_data_are_the_numbers_that_leave(real_data: Path, real_panel: Panel) -> None:
    panel = real_panel
    table = FilledTable(panel, panel.sids)
    for indicator in panel.indicators[::8]:
        table.add(indicator, 2015, None)
    frame = table.frame()
    left = dict(zip(zip(frame["country"], frame["indicator"], strict=True), frame["value"], strict=True))
    with gzip.open(real_data / "indicatorData.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        year = next(rows).index("2015")
        came = {(row[0], row[1]): row[year] for row in rows if (row[0], row[1]) in left}
    assert len(came) == len(left) > 2_000
    wrong = [key for key, number in left.items() if Decimal(number_text(number)) != Decimal(came[key])]
    assert wrong == []


def test_what_was_imputed_stays_marked_in_every_format(filled: FillResult, tmp_path: Path) -> None:
    frame = filled.to_frame()
    assert 0 < frame["observed"].sum() < len(frame) == 100
    for name in PROJECT_FILES:
        filled.save(tmp_path / name)
    for read in (
        pd.read_csv(tmp_path / "filled.csv", keep_default_na=False, na_values={"expected_error": "", "evidence": ""}),
        pd.read_excel(
            tmp_path / "filled.xlsx", keep_default_na=False, na_values={"expected_error": "", "evidence": ""}
        ),
        pd.read_parquet(tmp_path / "filled.parquet"),
    ):
        pd.testing.assert_frame_equal(read, frame, check_exact=True)
    written = pl.read_parquet(tmp_path / "filled.parquet")
    assert written["evidence"].null_count() == frame["observed"].sum()


def test_sdmx_is_read_by_others_with_status_and_bounds(filled: FillResult, tmp_path: Path) -> None:
    filled.to_sdmx_csv(tmp_path / "filled.sdmx.csv", dataflow="UNDP:DF_SIDS(2.1)")
    read, frame = sdmx_rows(tmp_path / "filled.sdmx.csv"), filled.to_frame()
    assert read["OBS_STATUS"].tolist() == ["A" if observed else "I" for observed in frame["observed"]]
    assert set(read["CONF_STATUS"]) == {"F"}
    assert set(read["FREQ"]) == {"A"}
    assert read["REF_AREA"].tolist() == frame["country"].tolist()
    assert read["TIME_PERIOD"].tolist() == frame["year"].map(str).tolist()
    assert set(read["UNIT_MEASURE"]) == {"% of population"}
    for component, column in (("LOWER_BOUND", "lower"), ("UPPER_BOUND", "upper"), ("EXPECTED_ERROR", "expected_error")):
        bounds = dict(zip(read.index, read[component], strict=True))
        assert all(pd.isna(bounds[row]) or bounds[row] == "" for row in frame.index[frame["observed"]])
        imputed = frame.loc[~frame["observed"], column]
        assert [float(bounds[row]) for row in imputed.index] == imputed.tolist()
    (dataset,) = read_sdmx(tmp_path / "filled.sdmx.csv").get_datasets()
    assert dataset.structure == "Dataflow=UNDP:DF_SIDS(2.1)"


def test_sdmx_is_what_a_writer_of_others_writes(filled: FillResult) -> None:
    """With a structure, as an agency has one: the same columns in the same order."""
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format
    from pysdmx.io.pd import PandasDataset
    from pysdmx.model import Component, Components, Concept, DataType, Role, Schema

    text = filled.to_sdmx_csv() or ""
    header = text.splitlines()[0].split(",")
    rows = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)

    def role(name: str) -> dict[str, Any]:
        if name in {"FREQ", "REF_AREA", "INDICATOR", "TIME_PERIOD"}:
            return {"role": Role.DIMENSION}
        return {"role": Role.MEASURE} if name == "OBS_VALUE" else {"role": Role.ATTRIBUTE, "attachment_level": "O"}

    parts = [
        Component(name, required=False, concept=Concept(name, dtype=DataType.STRING), **role(name))
        for name in header[3:]
    ]
    schema = Schema("dataflow", "SIDS", "DF_FILLED", Components(parts), version="1.0")
    theirs = write_sdmx(PandasDataset(structure=schema, data=rows[header[3:]]), Format.DATA_SDMX_CSV_2_0_0) or ""
    assert theirs.splitlines()[0].split(",") == header
    read = pd.read_csv(io.StringIO(theirs), dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(read, rows)


@pytest.mark.parametrize("dataflow", ["", "X", "SIDS:X", "SIDS:X(1)", "a b:X(1.0)", "SIDS:X(1.0)\n", 'SIDS:"X"(1.0)'])
def test_a_dataflow_of_another_form_is_refused(filled: FillResult, dataflow: str) -> None:
    with pytest.raises(sids.RequestError, match="AGENCY:ID"):
        filled.to_sdmx_csv(dataflow=dataflow)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_becomes_a_formula_or_a_number(text: str, observed: Observed, tmp_path: Path) -> None:
    result = observed([1.5, 2.5], Indicator("d-x", text, "d", units=text))  # type: ignore[call-arg]
    shown = text.replace("\x07", "\N{REPLACEMENT CHARACTER}")
    result.save(tmp_path / "filled.xlsx")
    for value_only in (False, True):
        row = list(load_workbook(tmp_path / "filled.xlsx", data_only=value_only)["filled"].iter_rows(values_only=True))[
            1
        ]
        assert row[3] == row[-1] == shown
    result.save(tmp_path / "filled.csv")
    for written, column in ((result.to_csv(), "units"), (result.to_sdmx_csv(), "UNIT_MEASURE")):
        assert {row[column] for row in csv.DictReader(io.StringIO(written or "", newline=""))} == {text}


def test_a_long_table_goes_on_in_further_sheets(
    observed: Observed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "SHEET_ROWS", 21)
    numbers = [number / 7 for number in range(50)]
    observed(numbers).save(tmp_path / "filled.xlsx")
    sheets = pd.read_excel(tmp_path / "filled.xlsx", sheet_name=None)
    assert list(sheets) == ["filled", "filled 2", "filled 3", "columns"]
    assert [x for name in list(sheets)[:3] for x in sheets[name]["value"]] == numbers


@pytest.mark.parametrize("name", PROJECT_FILES)
@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_file_is_written_whole_or_not_at_all(
    name: str, fault: BaseException, observed: Observed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise fault

    result = observed([1.0, 2.0])
    (tmp_path / name).write_text("before")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(fault)):
        result.save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "before"


@pytest.mark.parametrize("name", PROJECT_FILES)
def test_what_is_no_file_is_not_replaced(name: str, observed: Observed, tmp_path: Path) -> None:
    """Such as /dev/null, which root may rename a file to."""
    os.mkfifo(tmp_path / name)
    with pytest.raises(OSError, match="is not a file"):
        observed([1.0, 2.0]).save(tmp_path / name)
    assert (tmp_path / name).is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_ending_of_another_kind_is_refused(observed: Observed, tmp_path: Path) -> None:
    with pytest.raises(sids.RequestError, match=r"filled\.ods has none of the endings \.sdmx\.csv, \.csv, \.xlsx"):
        observed([1.0]).save(tmp_path / "filled.ods")


@pytest.mark.parametrize(
    ("name", "library", "extra"), [("a.xlsx", "openpyxl", "files"), ("a.parquet", "fastparquet", "files")]
)
def test_a_missing_writer_names_the_extra(
    name: str, library: str, extra: str, observed: Observed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(sids.MissingExtraError, match=rf"needs {library}: pip install .*\[{extra}\]"):
        observed([1.0]).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_every_result_is_written_as_its_frame(tmp_path: Path) -> None:
    from sids_core.panel.demo import demo_panel

    panel = demo_panel()
    answers: dict[str, list[object]] = {
        "income": ["fishing", "tourism", "fishing"] * 4,
        "household": [6, 2, 5, 5, 1, 6] * 2,
    }
    results = (
        sids.impute(panel, "key-wdi-EG.ELC.ACCS.ZS", 2001, n_estimators=20),
        sids.interpolate(panel, "key-wdi-EG.ELC.ACCS.ZS", "ABW", direction="forward"),
        sids.correlate(panel, "FJI", dataset="key", category="Economy", year=2001),
        sids.cluster_countries(panel, dataset="key", category="Economy", year=2001, k=3),
        sids.cluster_survey(answers, {"income": "categorical", "household": "continuous"}, max_k=4),
    )
    for result in results:
        frame, path = result.to_frame(), tmp_path / "result.csv"
        assert result.to_csv(path) is None
        assert path.read_text() == result.to_csv()
        result.to_csv(tmp_path / "result.csv.gz")
        result.to_excel(tmp_path / "result.xlsx")
        for read in (
            pd.read_csv(path),
            pd.read_csv(tmp_path / "result.csv.gz"),
            pd.read_excel(tmp_path / "result.xlsx"),
        ):
            pd.testing.assert_frame_equal(read, frame, check_exact=True, check_dtype=False)
