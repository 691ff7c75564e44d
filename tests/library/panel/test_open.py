"""`open_panel`: every kind of source gives the same panel, and faults are named by row and column."""

import gzip
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import fastparquet
import numpy as np
import pandas as pd
import pycountry
import pytest

from sids_core.errors import DatasetError, DataUnavailableError
from sids_core.panel.open import open_panel
from sids_core.panel.panel import Panel
from sids_core.panel.tables import read_folder
from tests.small_tables import TABLES, SmallTables

WIDE = pd.DataFrame(
    {
        "Country Code": ["FJI", "FJI", "USA", "USA", "TON"],
        "Indicator Code": ["wdi-A", "wdi-B", "wdi-A", "key-C", "key-C"],
        "2000": [1.1, np.nan, 0.1, 7, np.nan],
        "2001": [2, 3e2, np.nan, 8, np.nan],
    }
)


def _long() -> pd.DataFrame:
    melted = WIDE.melt(["Country Code", "Indicator Code"], var_name="year", value_name="value")
    return melted.rename(columns={"Country Code": "country", "Indicator Code": "indicator"})


def _check(panel: Panel, files: tuple[str, ...] = ()) -> None:
    assert panel.years == (2000, 2001)
    assert len(panel.countries) == 51
    dataset = files[0].partition(".")[0] if files else "unknown"
    assert [(known.code, known.name, known.dataset) for known in panel.indicators] == [
        (code, code, dataset) for code in ("key-C", "wdi-A", "wdi-B")
    ]
    assert panel.datasets == {dataset: dataset}
    assert panel.files == files
    fiji, usa = panel.country_index["FJI"], panel.country_index["USA"]
    np.testing.assert_array_equal(panel.values[:, fiji, 1:], [[1.1, np.nan], [2.0, 300.0]])
    np.testing.assert_array_equal(panel.values[:, usa, :], [[7.0, 0.1, np.nan], [8.0, np.nan, np.nan]])
    assert panel.observed.sum() == np.isfinite(panel.values).sum() == 6


def test_a_folder_gives_its_tables(small: SmallTables) -> None:
    panel = open_panel(str(small.folder))
    tables = read_folder(small.folder)
    assert panel.version == tables.version()
    assert panel.indicators == tables.indicators
    np.testing.assert_array_equal(panel.values, np.stack(list(tables.slices())))


def test_a_folder_is_read_where_its_current_json_says(small: SmallTables) -> None:
    expected = open_panel(small.folder).version
    (small.folder / "v1").mkdir()
    for table in TABLES:
        (small.folder / f"{table}.csv").rename(small.folder / "v1" / f"{table}.csv")
    files = ", ".join(f'"{table}": "v1/{table}.csv"' for table in TABLES)
    small.write("current.json", f'{{"files": {{{files}}}}}')
    assert open_panel(small.folder).version == expected
    (small.folder / "v1" / "datasetMeta.csv").unlink()
    with pytest.raises(DatasetError, match=r"current\.json names v1/datasetMeta\.csv for datasetMeta, which does not"):
        open_panel(small.folder)


def test_three_frames_give_what_their_folder_gives(small: SmallTables) -> None:
    frames = {table: pd.read_csv(small.folder / f"{table}.csv") for table in TABLES}
    panel, expected = open_panel(frames), open_panel(small.folder)
    assert (panel.version, panel.indicators, panel.datasets) == (
        expected.version,
        expected.indicators,
        expected.datasets,
    )
    np.testing.assert_array_equal(panel.values, expected.values)
    assert panel.files == ()


@pytest.mark.parametrize("frame", [WIDE, _long()], ids=["wide", "long"])
@pytest.mark.parametrize(
    "spell",
    [
        lambda frame: frame,
        lambda frame: frame.rename(columns=str.upper),
        lambda frame: frame.rename(columns=lambda name: int(name) if name.isdecimal() else name),
        lambda frame: frame.rename(columns={"Country Code": "country", "indicator": "Indicator Code"}),
        lambda frame: frame.assign(note="x").iloc[::-1],
        lambda frame: frame.astype({frame.columns[0]: "category"}).set_index(pd.RangeIndex(7, 7 + len(frame))),
    ],
    ids=["plain", "upper case", "numbers", "mixed names", "another column", "categories"],
)
def test_frames(frame: pd.DataFrame, spell: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    spelt = spell(frame)
    before = spelt.copy()
    _check(open_panel(spelt))
    pd.testing.assert_frame_equal(spelt, before)


@pytest.mark.parametrize("frame", [WIDE, _long()], ids=["wide", "long"])
@pytest.mark.parametrize("name", ["data.csv", "data.csv.gz", "data.tsv", "data.parquet", "data.xlsx"])
def test_one_file(frame: pd.DataFrame, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.endswith(".parquet"):
        fastparquet.write(str(path), frame)
    elif name.endswith(".xlsx"):
        pytest.importorskip("openpyxl")
        frame.rename(columns=lambda name: int(name) if name.isdecimal() else name).to_excel(path, index=False)
    else:
        text = frame.to_csv(index=False, sep="\t" if ".tsv" in name else ",").encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    _check(open_panel(path), (name,))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("FJI,a-1,2000,1\nFJI,a-1,20x0,2\n", ["line 3: column year: '20x0' is not a year"]),
        ("FJI,a-1,2000,1\nFJI,a-1,,2\n", ["line 3: column year: '' is not a year"]),
        ("FJI,a-1,2000,1\nFJI,a-1,2000\n", ["line 3: 3 cells instead of 4"]),
        ("FJI,a-1,2000,1\nFJI,a-1,2000,2\n", ["line 3, column value: FJI, a-1, 2000: 1.0 in line 2, 2.0 here"]),
        ("Fidji,a-1,2000,1\n", ["no usable row of values, as line 2, column country: 'Fidji'"]),
    ],
)
def test_what_cannot_be_used_is_named_by_row_and_column(rows: str, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("country,indicator,year,value\n" + rows, encoding="utf-8")
    with pytest.raises(DatasetError) as fault:
        open_panel(path)
    for word in ("data.csv: ", *words):
        assert word in str(fault.value)
    assert str(fault.value).count("data.csv") == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("TON,a-1,2000,many\n", "not a number, taken as missing: line 3, column value: 'many'"),
        ("Fidji,a-1,2000,2\n", "row of no country left out: line 3, column country: 'Fidji'"),
        (",a-1,2000,2\n", "row without a usable code left out: line 3, column country: ''"),
        ("TON,,2000,2\n", "row without a usable code left out: line 3, column indicator: ''"),
        ("St. Lucia,a-1,2000,2\n", "otherwise, read as: line 3, column country: 'St. Lucia' as LCA"),
        ("World,a-1,2000,2\n", "row of an aggregate left out: line 3, column country: 'World'"),
        ("FJI,a-1,2000,1\n", "do not contradict each other: line 3: FJI, a-1, 2000, merged into line 2"),
    ],
)
def test_what_is_repaired_is_logged(rows: str, words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "data.csv"
    path.write_text("country,indicator,year,value\nFJI,a-1,2000,1\n" + rows, encoding="utf-8")
    panel = open_panel(path)
    assert panel.values[0, panel.country_index["FJI"], 0] == 1
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "repaired: data.csv: " in record.message
    assert words in record.message


def test_missing_texts_are_missing_in_every_source(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frame = _long().astype({"value": object})
    frame.loc[0, "value"] = ".."
    frame.loc[2, "value"] = "NA"
    (tmp_path / "data.csv").write_text(frame.to_csv(index=False), encoding="utf-8")
    assert open_panel(frame).observed.sum() == open_panel(tmp_path / "data.csv").observed.sum() == 4
    assert not caplog.records


def test_rows_of_a_frame_are_counted_from_1(caplog: pytest.LogCaptureFixture) -> None:
    frame = WIDE.astype({"2001": object})
    frame.loc[1, "2001"] = "about 300"
    open_panel(frame)
    assert "DataFrame: not a number, taken as missing: row 2, column 2001: 'about 300'" in caplog.text


def test_many_rows_of_a_long_table(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    countries = sorted(country.alpha_3 for country in pycountry.countries)[:100]
    frame = pd.MultiIndex.from_product([countries, ["a-1", "b-2", "c-3"], range(1900, 2000)]).to_frame(index=False)
    frame.columns = pd.Index(["country", "indicator", "year"])
    frame["value"] = random.standard_normal(len(frame))
    frame = frame.sample(frac=1, random_state=2)
    frame.to_csv(tmp_path / "data.csv", index=False)
    for panel in (open_panel(frame), open_panel(tmp_path / "data.csv")):
        rows = [panel.country_index[code] for code in countries]
        expected = frame.sort_values(["year", "country", "indicator"])["value"].to_numpy().reshape(100, 100, 3)
        np.testing.assert_array_equal(panel.values[:, rows], expected)


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        (["name", "indicator", "year", "value"], "column missing: country (or Country Code) (found: name, indicator"),
        (["country", "code", "2000"], "column missing: indicator (or Indicator Code)"),
        (["country", "indicator", "year"], "column missing: value (or one column per indicator)"),
        (["country", "indicator", "2000", "2000"], "column appears twice: 2000"),
    ],
)
def test_columns_that_are_missing_or_appear_twice_are_named(columns: list[str], missing: str) -> None:
    frame = pd.DataFrame([["Fidji"] * len(columns)], columns=pd.Index(columns))
    with pytest.raises(DatasetError) as fault:
        open_panel(frame)
    assert f"DataFrame: {missing}" in str(fault.value)


def test_errors_of_three_frames_name_table_row_and_column(small: SmallTables) -> None:
    frames = {table: pd.read_csv(small.folder / f"{table}.csv") for table in TABLES}
    data = frames["indicatorData"]
    frames["indicatorData"] = pd.concat([data, data.iloc[[0]].assign(**{"2001": 9})])
    with pytest.raises(DatasetError, match=r"^indicatorData: two rows .* different values: row 6, column 2001: FJI"):
        open_panel(frames)
    del frames["datasetMeta"]
    with pytest.raises(DatasetError, match="the tables must be named indicatorMeta, datasetMeta, indicatorData"):
        open_panel(frames)


def test_what_does_not_exist_or_is_nothing_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailableError, match="nowhere does not exist"):
        open_panel(tmp_path / "nowhere")
    (tmp_path / "data.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"data\.json cannot be read; allowed: a folder, or a file as \.csv"):
        open_panel(tmp_path / "data.json")
    with pytest.raises(TypeError, match="not list"):
        open_panel([1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "module", "kind"), [("a.xlsx", "openpyxl", "Excel"), ("a.parquet", "fastparquet", "Parquet")]
)
def test_a_missing_extra_is_named(
    name: str, module: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DatasetError) as fault:
        open_panel(tmp_path / name)
    assert str(fault.value) == f'{name}: reading {kind} files needs an extra: pip install "sids-ml-backend[files]"'


def test_a_damaged_excel_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    (tmp_path / "data.xlsx").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(DatasetError, match=r"data\.xlsx: not an Excel file, or a damaged one"):
        open_panel(tmp_path / "data.xlsx")


def test_rows_of_an_excel_file_are_named_as_excel_counts_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("openpyxl")
    frame = WIDE.astype({"2001": object})
    frame.loc[1, "2001"] = "about 300"
    frame.to_excel(tmp_path / "data.xlsx", index=False)
    open_panel(tmp_path / "data.xlsx")
    assert "data.xlsx: not a number, taken as missing: row 3, column 2001: 'about 300'" in caplog.text
