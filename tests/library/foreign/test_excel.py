"""Workbooks by pandas, openpyxl and LibreOffice: sheets, merged cells, percentages, formulas, dates; and Parquet."""

import re
import shutil
import subprocess
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from sids_core.errors import DatasetError, RequestError
from sids_core.foreign import excel
from sids_core.foreign.options import TableOptions
from sids_core.foreign.read import read
from tests.library.foreign.conftest import Understand, Understood

openpyxl = pytest.importorskip("openpyxl")

WIDE = pd.DataFrame({"Country": ["Fiji", "Tonga", "World"], "2010": [1.1, None, 9], "2011": [1 / 3, 2, 9]})
VALUES = {("FJI", "Pop", 2010): 1.1, ("FJI", "Pop", 2011): 1 / 3, ("TON", "Pop", 2011): 2}


@pytest.mark.parametrize("year", [str, int, float, lambda name: datetime(int(name), 1, 1)])  # noqa: DTZ001
def test_pandas_writes_a_sheet(understand: Understand, tmp_path: Path, year: type) -> None:
    frame = WIDE.rename(columns=lambda name: year(name) if name.isdecimal() else name)
    frame.to_excel(tmp_path / "data.xlsx", index=False, sheet_name="Pop")
    found = understand(tmp_path / "data.xlsx")
    assert found.values == VALUES
    assert "row 4, column Country: 'World'" in found.notes["aggregate"]


def test_every_visible_sheet_is_read_or_the_one_named(understand: Understand, tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    with pd.ExcelWriter(path) as book:
        WIDE.to_excel(book, sheet_name="Pop", index=False)
        WIDE.to_excel(book, sheet_name="GDP per head", index=False, startrow=3, startcol=2)
        pd.DataFrame({"Code": ["Pop"], "Long definition": ["people"]}).to_excel(book, sheet_name="Notes", index=False)
        WIDE.to_excel(book, sheet_name="Draft", index=False)
        book.sheets["Draft"].sheet_state = "hidden"
    found = understand(path)
    other = {(country, "gdp_per_head", year): value for (country, _, year), value in VALUES.items()}
    assert found.values == VALUES | other
    assert "data.xlsx, sheet Notes: column missing: year" in found.notes["unread_sheet"]
    assert understand(path, sheet="Pop").values == VALUES
    assert understand(path, sheet="Draft").values
    with pytest.raises(RequestError, match="sheet 'X' is unknown; allowed: Pop, GDP per head, Notes, Draft"):
        understand(path, sheet="X")


def test_a_sheet_per_year(understand: Understand, tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "data.xlsx") as book:
        for year in (2010, 2011):
            frame = pd.DataFrame({"country": ["FJI"], "Pop": [year / 8]})
            frame.to_excel(book, sheet_name=str(year), index=False)
    assert understand(tmp_path / "data.xlsx").values == {("FJI", "Pop", year): year / 8 for year in (2010, 2011)}


def test_merged_cells_percentages_formulas_and_dates(tmp_path: Path, understand: Understand) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Table 1: selected figures of the region"],
        [],
        ["Country", "Indicator", 2010, 2011, None, None],
        ["Fiji", "Access", 0.07, 0.125],
        [None, "Debt", 12, "=C5*2"],
        ["Tonga", "Debt", date(2012, 5, 1), 5],
        *([code, "Debt", 1, 2] for code in ("WSM", "KIR", "VUT", "PLW", "NRU", "TUV", "SLB", "PNG", "FSM")),
    ):
        sheet.append(row)
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("A4:A5")
    for cell in ("C4", "D4"):
        sheet[cell].number_format = "0.0%"
    book.save(tmp_path / "data.xlsx")
    found = understand(tmp_path / "data.xlsx")
    fiji = {key: value for key, value in found.values.items() if key[0] in {"FJI", "TON"}}
    assert fiji == {
        ("FJI", "Access", 2010): 7,
        ("FJI", "Access", 2011): 12.5,
        ("FJI", "Debt", 2010): 12,
        ("TON", "Debt", 2011): 5,
    }
    assert found.meta("Access")["Units"] == "%"
    assert "row 5, column 2011: '=C5*2'" in found.notes["non_numeric_cell"]
    assert "row 6, column 2010: '2012-05-01 00:00:00'" in found.notes["non_numeric_cell"]
    assert "above the header: 1 line" in found.preview


@pytest.mark.parametrize(
    ("number_format", "value"), [("0.0%", 1250), ("0%;[Red]-0%", 1250), ('0.0"%"', 12.5), ("0.0\\ \\%", 12.5)]
)
def test_a_percent_sign_that_is_only_written_changes_no_value(
    tmp_path: Path, understand: Understand, number_format: str, value: float
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Country", 2010])
    book.active.append(["Fiji", 12.5])
    book.active["B2"].number_format = number_format
    book.save(tmp_path / "data.xlsx")
    assert list(understand(tmp_path / "data.xlsx").values.values()) == [value]


def test_numbers_typed_as_text_are_read(tmp_path: Path, understand: Understand) -> None:
    book = openpyxl.Workbook()
    for row in (["Country", 2010, 2011], ["Fiji", "1 234,5", 7.25], ["Tonga", "12,5 (a)", "…"]):
        book.active.append(row)
    book.save(tmp_path / "Pop.xlsx")
    found = understand(tmp_path / "Pop.xlsx", indicator="Pop")
    assert found.values == {("FJI", "Pop", 2010): 1234.5, ("FJI", "Pop", 2011): 7.25, ("TON", "Pop", 2010): 12.5}


def test_what_the_reader_of_workbooks_warns_of_is_no_fault(tmp_path: Path, understand: Understand) -> None:
    WIDE.to_excel(tmp_path / "data.xlsx", index=False, sheet_name="Pop")
    with zipfile.ZipFile(tmp_path / "data.xlsx") as written:
        parts = {name: written.read(name) for name in written.namelist()}
    styles = re.sub(rb"<cellStyles.*?</cellStyles>", b"", parts["xl/styles.xml"])
    with zipfile.ZipFile(tmp_path / "bare.xlsx", "w") as bare:
        for name, part in {**parts, "xl/styles.xml": styles}.items():
            bare.writestr(name, part)
    with pytest.warns(UserWarning, match="no default style"):
        openpyxl.load_workbook(tmp_path / "bare.xlsx")
    assert understand(tmp_path / "bare.xlsx").values == VALUES


def test_a_cell_at_the_end_of_the_sheet_is_no_hindrance(tmp_path: Path, understand: Understand) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Country", 2010], ["Fiji", 1], ["Tonga", 2]):
        sheet.append(row)
    sheet.cell(1_048_576, 16_384).number_format = "0.0"
    book.save(tmp_path / "data.xlsx")
    assert understand(tmp_path / "data.xlsx").values == {("FJI", "Sheet", 2010): 1, ("TON", "Sheet", 2010): 2}


def test_what_no_memory_holds_is_refused(
    tmp_path: Path, understand: Understand, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    for row in (["Country", 2010], ["Fiji", 1], ["Tonga", 2]):
        book.active.append(row)
    book.active["XFD3"] = "x"
    book.save(tmp_path / "data.xlsx")
    monkeypatch.setattr(excel, "MOST_CELLS", 40_000)
    with pytest.raises(DatasetError, match="7 cells on 3 rows and 16,384 columns; delete what is beside the table"):
        understand(tmp_path / "data.xlsx")
    with zipfile.ZipFile(tmp_path / "data.xlsx", "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/more.xml", bytes(1 << 20))
    monkeypatch.setattr(excel, "MOST_BYTES", 1 << 20)
    with pytest.raises(DatasetError, match="GiB unpacked, more than 0; save the table as CSV"):
        understand(tmp_path / "data.xlsx")


def test_an_empty_workbook_and_a_file_that_is_none(tmp_path: Path, understand: Understand) -> None:
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(DatasetError, match=r"empty\.xlsx: the sheet is empty"):
        understand(tmp_path / "empty.xlsx")
    (tmp_path / "data.xlsx").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(DatasetError, match=r"data\.xlsx: not an Excel file, or a damaged one"):
        understand(tmp_path / "data.xlsx")
    (tmp_path / "old.xls").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"old\.xls cannot be read; .*; save it as \.xlsx"):
        understand(tmp_path / "old.xls")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_writes_workbooks_and_text(tmp_path: Path, understand: Understand) -> None:
    (tmp_path / "Pop.csv").write_text("Country,2010,2011\nFiji,1.1,1234.5\nTonga,,12.25\n", encoding="utf-8")
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    # Separator ;, quotes, UTF-16; German numbers.
    text = "csv:Text - txt - csv (StarCalc):59,34,65535,1,,1031"
    for target, source in (("xlsx:Calc MS Excel 2007 XML", "Pop.csv"), (text, "Pop.xlsx")):
        command = ["soffice", home, "--headless", "--convert-to", target, "--outdir", str(tmp_path)]
        subprocess.run([*command, str(tmp_path / source)], check=True, capture_output=True, timeout=300)
    expected = {("FJI", "Pop", 2010): 1.1, ("FJI", "Pop", 2011): 1234.5, ("TON", "Pop", 2011): 12.25}
    assert understand(tmp_path / "Pop.xlsx").values == expected
    found = understand(tmp_path / "Pop.csv")
    assert "utf-16, delimiter semicolon" in found.preview
    assert found.values == expected


def test_parquet_and_frames_keep_their_types(tmp_path: Path) -> None:
    pytest.importorskip("fastparquet")
    frame = pd.DataFrame(
        {
            "Country": pd.Categorical(["Fiji", "Fiji", "St. Lucia"]),
            "Year": pd.to_datetime(["2010-01-01", "2011-01-01", "2010-01-01"]),
            "Pop": pd.array([1, None, 3], dtype="Int64"),
            "GDP": [0.1 + 0.2, float("nan"), 1e-5],
            "when": [datetime(2020, 1, 1, tzinfo=UTC)] * 3,
        }
    )
    frame.to_parquet(tmp_path / "data.parquet")
    expected = {
        ("FJI", "Pop", 2010): 1,
        ("LCA", "Pop", 2010): 3,
        ("FJI", "GDP", 2010): 0.1 + 0.2,
        ("LCA", "GDP", 2010): 1e-5,
    }
    for source in (frame, tmp_path / "data.parquet"):
        assert Understood(read([source], TableOptions())).values == expected
