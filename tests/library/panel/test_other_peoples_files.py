"""Tables as spreadsheets, R, the World Bank, Arrow, polars and DuckDB write them."""

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sids_core.errors import DatasetError, DataUnavailableError
from sids_core.panel.open import open_panel
from sids_core.panel.panel import SIDS, Panel
from sids_core.panel.tables import check_folder
from tests.fake_reader import fake_reader
from tests.small_tables import SmallTables

WIDE = pd.DataFrame(
    {
        "Country Code": ["FJI", "TON", "WSM"],
        "Indicator Code": ["wdi-A", "wdi-A", "wdi-B"],
        "2000": [1.5, np.nan, 3.25],
        "2001": [1, 2, 3],
    }
)


def value(panel: Panel, country: str, indicator: str, year: int) -> float:
    cell = panel.year_index(year), panel.country_index[country], panel.indicator_index[indicator]
    return float(panel.values[cell])


def kinds(small: SmallTables) -> dict[str, str]:
    """Kind → message of every repair of tables that can be used."""
    tables, report = small.read()
    assert tables is not None, report.errors
    return {issue.kind: issue.message for issue in report.repairs}


def error(small: SmallTables) -> str:
    tables, report = small.read()
    assert tables is None
    (issue,) = report.errors
    return issue.message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("blank", ["", ",,,"])
def test_line_ends_byte_order_marks_and_blank_columns(small: SmallTables, end: str, start: str, blank: str) -> None:
    expected = small.read()[0]
    assert expected is not None
    for name in ("indicatorMeta.csv", "datasetMeta.csv", "indicatorData.csv"):
        lines = small.text(name).splitlines()
        (small.folder / name).write_bytes((start + end.join(line + blank for line in lines) + end).encode())
    tables, report = small.read()
    assert tables is not None, report.errors
    assert report.repairs == ()
    assert tables.version() == expected.version()


def test_texts_in_columns_without_a_name_are_found(small: SmallTables) -> None:
    for name in ("indicatorMeta.csv", "indicatorData.csv"):
        lines = small.text(name).splitlines()
        small.write(name, "\n".join(line + (",,note" if number == 2 else ",,") for number, line in enumerate(lines)))
    tables, report = small.read()
    assert tables is not None
    assert [(issue.kind, issue.file, issue.row) for issue in report.repairs] == [
        ("unnamed_column", "indicatorMeta.csv", "line 3"),
        ("unnamed_column", "indicatorData.csv", "line 3"),
    ]


def test_a_line_break_in_a_quoted_cell_is_part_of_it(small: SmallTables) -> None:
    header, two, three = "Note,Country Code,Indicator Code,2000\n", '"two\nlines"', '"a ""b""\r\n\nc"'
    rows = f'{header}{two},FJI,wdi-A,1\n{three},TON,wdi-A,x\n5" pipe,USA,wdi-B,3\n'
    small.write("indicatorData.csv", rows)
    found = kinds(small)
    assert "line 4, column 2000: 'x'" in found["non_numeric_cell"]
    small.write("indicatorData.csv", rows + "a,FJI,wdi-B,3,4\n")
    assert "line 8: 5 cells instead of 4" in error(small)
    small.write("indicatorData.csv", rows.replace('5" pipe', "") + '"a,FJI,wdi-B,3\nb,FJI,wdi-C,3\n')
    assert "line 8: 1 cells instead of 4; a quote may be opened and never closed" in error(small)


TEXTS = st.text(st.sampled_from('ab"\n\r,; é'), max_size=6)


@given(notes=st.lists(TEXTS, min_size=1, max_size=8))
def test_any_text_in_another_column_leaves_the_values(
    notes: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("quoted") / "data.csv"
    codes = sorted(SIDS)[: len(notes)]
    frame = pd.DataFrame({"note": notes, "country": codes, "indicator": "d-1", "2001": range(len(notes))})
    frame.to_csv(path, index=False, quoting=csv.QUOTE_ALL)
    panel = open_panel(path)
    assert [value(panel, code, "d-1", 2001) for code in codes] == list(range(len(notes)))


@pytest.mark.parametrize("name", ["indicatorMeta.csv", "indicatorData.csv"])
def test_bytes_that_are_not_utf8_are_named_with_their_line(small: SmallTables, name: str) -> None:
    text = small.text(name).encode()
    third = text.splitlines(keepends=True)[2]
    (small.folder / name).write_bytes(text.replace(third, third.replace(b"wdi-B", b"Cura\xe7ao", 1)))
    assert f"{name}: line 3: not UTF-8 text (byte 0xe7)" in error(small)


def test_semicolons_are_refused_with_a_hint(small: SmallTables) -> None:
    small.write("indicatorData.csv", small.text("indicatorData.csv").replace(",", ";"))
    assert "separated by semicolons: save the file with commas" in error(small)


@pytest.mark.parametrize("name", ["2001.0", "X2001", "YR2001", "2001 [YR2001]", " 2001"])
def test_names_of_years_that_can_mean_nothing_else(small: SmallTables, name: str) -> None:
    expected = small.read()[0]
    assert expected is not None
    small.edit("indicatorData.csv", "2000,2001", f"2000,{name}")
    tables, report = small.read()
    assert tables is not None
    assert report.repairs == ()
    assert tables.version() == expected.version()


@pytest.mark.parametrize("name", ["2001-02", "1750", "2300", "20001", "2001 est.", "2002 [YR2001]", "Notes"])
def test_columns_that_are_not_read_are_named(small: SmallTables, name: str) -> None:
    small.edit("indicatorData.csv", "2000,2001", f"2000,{name}")
    assert repr(name) in kinds(small)["column_not_read"]


def test_a_required_column_without_any_text_is_found(small: SmallTables) -> None:
    small.edit("indicatorMeta.csv", "female", "None")
    assert kinds(small) == {
        "empty_column": "indicatorMeta.csv: required column without a text in any row: column Dimension"
    }


def test_two_names_of_one_year_are_an_error(small: SmallTables) -> None:
    small.edit("indicatorData.csv", "2000,2001", "2001,X2001")
    assert "2001 and X2001 are the same year" in error(small)


LONG_YEARS = ("2001", "2001.0", "X2001", "YR2001", "2001 [YR2001]")


@pytest.mark.parametrize("year", LONG_YEARS)
def test_a_long_table_may_name_its_years_so_too(tmp_path: Path, year: str, caplog: pytest.LogCaptureFixture) -> None:
    rows = f"country,indicator,SEX,year,value\nFJI,d-1,F,{year},5\nTON,d-1,T,{year},6\n"
    (tmp_path / "data.csv").write_text(rows)
    panel = open_panel(tmp_path / "data.csv")
    assert (panel.years, value(panel, "TON", "d-1.T", 2001)) == ((2001,), 6)
    assert [known.dimension for known in panel.indicators] == ["SEX: F", "SEX: T"]
    assert not caplog.records


def test_a_share_that_fails_is_not_a_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    WIDE.to_parquet(tmp_path / "data.parquet")

    fake_reader(tmp_path, monkeypatch, 'raise OSError(5, "Input/output error")')
    with pytest.raises(DataUnavailableError, match=r"data\.parquet cannot be read: Input/output error"):
        open_panel(tmp_path / "data.parquet")


def test_aggregates_are_left_out_and_all_of_them_named(small: SmallTables, cases: Path) -> None:
    expected = small.read()[0]
    assert expected is not None
    aggregates = ("ARB", "EAS", "EUU", "SSF", "WLD", "XKX", "CHI")
    rows = "".join(f"{code},wdi-A,9,9\n" for code in aggregates)
    small.write("indicatorData.csv", small.text("indicatorData.csv") + rows)
    message = kinds(small)["unknown_country"]
    assert "Country Code: ARB, EAS, EUU, SSF, WLD; and 4 more" in message
    kept, _ = check_folder(small.folder, keep_unknown=True)
    assert kept is not None
    assert set(kept.countries) - set(expected.countries) == set(aggregates)
    tables, report = check_folder(cases / "wb-aggregates")
    assert tables is not None
    assert {issue.kind for issue in report.repairs} == {"unknown_country", "former_country"}
    assert not {"WLD", "SSF"} & set(tables.countries)


def test_former_codes_are_read_as_todays(small: SmallTables) -> None:
    rows = "TMP,wdi-A,1,2\nROM,wdi-A,3,4\nSUN,wdi-A,3,4\n"
    small.write("indicatorData.csv", small.text("indicatorData.csv") + rows)
    found = kinds(small)
    assert "TMP, read as TLS" in found["former_country"]
    assert "SUN" in found["unknown_country"]
    tables, _ = small.read()
    assert tables is not None
    assert {"TLS", "ROU"} <= set(tables.countries)


def test_rows_without_codes_but_with_values_are_found(small: SmallTables) -> None:
    small.write("indicatorData.csv", small.text("indicatorData.csv") + ",,,\n,,5,\n\n")
    assert "line 8, column Country Code: ''" in kinds(small)["malformed_code"]


@pytest.mark.parametrize(
    ("cell", "hint"),
    [("12,5", "decimal point"), ("1,234.5", "decimal point"), ("n.a. (2)", ""), ("12 %", "")],
)
def test_a_mostly_unreadable_table_is_refused(small: SmallTables, cell: str, hint: str) -> None:
    rows = "".join(f'{code},wdi-A,"{cell}",1\n' for code in sorted(SIDS))
    small.write("indicatorData.csv", "Country Code,Indicator Code,2000,2001\n" + rows)
    message = error(small)
    assert f"50 of 100 values cannot be read, as in line 2, column 2000: '{cell}'" in message
    assert hint in message


def test_a_table_of_names_instead_of_codes_is_refused(small: SmallTables) -> None:
    small.write("indicatorData.csv", "Country Code,Indicator Code,2000\nFiji,a-1,1\nTonga,a-1,1\nTON,a-1,1\n")
    assert "2 of 3 rows cannot be read, as in line 2, column Country Code: 'Fiji'" in error(small)


def test_a_table_without_any_value_is_refused(small: SmallTables) -> None:
    small.write("indicatorData.csv", "Country Code,Indicator Code,2000\nFJI,a-1,\nTON,a-1,..\n")
    assert "no row has a value" in error(small)


def test_the_decimal_commas_of_the_case_are_refused(cases: Path) -> None:
    tables, report = check_folder(cases / "decimal-commas")
    assert tables is None
    assert "decimal point" in report.errors[0].message


@pytest.mark.parametrize("case", ["two-blank-columns", "quoted-newline"])
def test_the_other_cases_are_read_as_by_any_reader(cases: Path, case: str) -> None:
    tables, report = check_folder(cases / case)
    assert tables is not None, report.errors
    assert np.isfinite(tables.values).any()


def by_pandas(path: Path) -> None:
    WIDE.set_index(["Country Code", "Indicator Code"]).to_parquet(path, engine="pyarrow")


def by_arrow(path: Path) -> None:
    nested = pd.Series([{"a": [1, 2]}] * len(WIDE))
    frame = WIDE.assign(when=pd.Timestamp("2020-01-01", tz="UTC"), raw=b"\xff", day=pd.Timedelta("1D"), nested=nested)
    pa.parquet.write_table(pa.Table.from_pandas(frame), path, compression="zstd")


def by_polars(path: Path) -> None:
    frame = pl.from_pandas(WIDE).with_columns(pl.col("Country Code").cast(pl.Categorical), s=pl.lit([1, 2]))
    frame.write_parquet(path)


def by_duckdb(path: Path) -> None:
    duckdb.from_df(WIDE).project('*, uuid() as id, [1, 2] as list, cast("2001" as hugeint) as "2002"').to_parquet(
        str(path)
    )


@pytest.mark.parametrize("write", [by_pandas, by_arrow, by_polars, by_duckdb])
def test_parquet_as_others_write_it(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "data.parquet"
    write(path)
    panel = open_panel(path)
    assert (value(panel, "FJI", "wdi-A", 2000), value(panel, "WSM", "wdi-B", 2001)) == (1.5, 3)
    assert np.isnan(value(panel, "TON", "wdi-A", 2000))


@settings(max_examples=34)  # each is read by a process of its own
@given(numbers=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), places=st.integers(0, 6))
def test_decimals_arrive_as_the_nearest_number(
    numbers: list[int], places: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("decimals") / "data.parquet"
    exact = [Decimal(number).scaleb(-places) for number in numbers]
    codes = sorted(SIDS)[: len(numbers)]
    kinds = {2001: pa.decimal128(20, 6), 2002: pa.decimal128(38, 18), 2003: pa.decimal128(38, 10)}
    years = {str(year): pa.array(exact, kind) for year, kind in kinds.items()}
    pa.parquet.write_table(pa.table({"country": codes, "indicator": ["d-1"] * len(codes), **years}), path)
    panel = open_panel(path)
    for year in kinds:
        assert [value(panel, code, "d-1", year) for code in codes] == [float(number) for number in exact]


def test_rows_without_codes_in_parquet_are_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = {"country": ["FJI", "TON", None], "indicator": ["d-1", "d-1", None], "2001": [1.0, 2.0, 3.0]}
    pa.parquet.write_table(pa.table(rows), tmp_path / "data.parquet")
    open_panel(tmp_path / "data.parquet")
    assert "row without a usable code left out: row 3" in caplog.text


def test_an_unknown_encoding_is_called_that(tmp_path: Path, cases: Path) -> None:
    path = tmp_path / "data.parquet"
    encoding = {"Country Code": "DELTA_BYTE_ARRAY"}
    pa.parquet.write_table(pa.Table.from_pandas(WIDE), path, use_dictionary=False, column_encoding=encoding)
    with pytest.raises(DatasetError, match="this Parquet encoding is not supported"):
        open_panel(path)
    with pytest.raises(DatasetError, match="this Parquet encoding is not supported"):
        open_panel(cases / "parquet-delta" / "indicatorData.parquet")


def test_a_frame_may_have_its_codes_in_the_index() -> None:
    panel = open_panel(WIDE.set_index(["Country Code", "Indicator Code"]))
    assert value(panel, "FJI", "wdi-A", 2000) == 1.5
