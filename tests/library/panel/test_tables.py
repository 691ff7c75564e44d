"""Reading and checking the three tables."""

import gzip
from pathlib import Path

import fastparquet
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sids_core.panel.panel import SIDS
from sids_core.panel.read_series import DATA_ERRORS, DATA_REPAIRS, read_data
from sids_core.panel.report import IssueCollector, ValidationIssue
from sids_core.panel.tables import Tables, read_tables
from tests.small_tables import SmallTables

DATA = b"Country Code,Indicator Code,2000\nFJI,wdi-A,1\n"


def _values(tables: Tables) -> np.ndarray:
    return np.stack(list(tables.slices()))


def _tables(small: SmallTables) -> Tables:
    tables, report = small.read()
    assert tables is not None, report.errors
    return tables


def _only(issues: tuple[ValidationIssue, ...]) -> ValidationIssue:
    assert len(issues) == 1, issues
    return issues[0]


def test_faultless_tables_give_their_values_and_no_issue(small: SmallTables) -> None:
    tables, report = small.read()
    assert tables is not None
    assert (report.errors, report.repairs) == ((), ())
    assert tables.years == (2000, 2001)
    assert tables.countries == tuple(sorted({*SIDS, "USA"}))
    assert [known.code for known in tables.indicators] == ["key-C", "wdi-A", "wdi-B"]
    assert tables.datasets == {"key": "Key values", "wdi": "World values"}
    values = _values(tables)
    fiji, usa = tables.countries.index("FJI"), tables.countries.index("USA")
    np.testing.assert_array_equal(values[:, fiji, 1:], [[1.1, np.nan], [2.0, 300.0]])
    np.testing.assert_array_equal(values[:, usa, :], [[7.0, 0.1, np.nan], [8.0, np.nan, np.nan]])
    assert np.isfinite(values).sum() == 6


def test_texts_for_nothing_are_empty_and_quoted_commas_stay(small: SmallTables) -> None:
    power, forest, schools = _tables(small).indicators
    assert (schools.name, schools.dimension, schools.units) == ("Schools, all", "female", "")
    assert (forest.dimension, power.dimension) == ("", "")
    assert (forest.dataset, forest.category) == ("wdi", "Environment")


def test_the_dataset_column_decides_the_dataset(small: SmallTables) -> None:
    for name in ("indicatorMeta.csv", "indicatorData.csv"):
        small.edit(name, "wdi-B", "wdi2-B")
    assert _tables(small).indicators[2].dataset == "wdi"


@pytest.mark.parametrize("ending", [".csv.gz", ".parquet"])
def test_every_kind_of_file_gives_the_same_content(small: SmallTables, ending: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in small.folder.iterdir():
        name = path.name.removesuffix(".csv") + ending
        if ending == ".parquet":
            texts = {"dtype": str} if "Meta" in name else {}
            frame = pd.read_csv(path, keep_default_na="Meta" not in name, **texts)  # type: ignore[call-overload]
            fastparquet.write(str(other / name), frame)
        else:
            (other / name).write_bytes(gzip.compress(path.read_bytes()))
    tables, report = read_tables({name.split(".")[0]: other / name for name in (p.name for p in other.iterdir())})
    assert tables is not None, report.errors
    expected = _tables(small)
    assert tables.version() == expected.version()
    assert tables.indicators == expected.indicators
    np.testing.assert_array_equal(_values(tables), _values(expected))


def test_the_version_names_the_content_and_not_its_order(small: SmallTables) -> None:
    before = _tables(small).version()
    header, *rows = small.text("indicatorData.csv").splitlines()
    small.write("indicatorData.csv", "\n".join([header, *reversed(rows)]) + "\n")
    assert _tables(small).version() == before
    small.edit("indicatorData.csv", "3e2", "3e1")
    assert _tables(small).version() != before


NUMBERS = st.one_of(st.just(0.0), st.floats(1e-30, 1e30), st.floats(-1e30, -1e-30))


@given(values=st.lists(NUMBERS, min_size=1, max_size=20))
def test_values_are_the_texts_to_the_last_digit(values: list[float], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("digits") / "indicatorData.csv"
    rows = "".join(f"FJI,x-{number:03d},{value!r}\n" for number, value in enumerate(values))
    path.write_text("Country Code,Indicator Code,2000\n" + rows, encoding="utf-8")
    series = read_data(path, IssueCollector(path.name, DATA_REPAIRS), IssueCollector(path.name, DATA_ERRORS))
    assert series.values[:, 0].tolist() == values


@pytest.mark.parametrize(
    ("name", "old", "new", "kind", "words"),
    [
        ("indicatorData.csv", "FJI,wdi-B", " FJI,wdi-B ", "surrounding_blanks", ["line 3", "Country Code", "' FJI'"]),
        ("indicatorData.csv", "TON,key-C,,", ",key-C,1,2", "malformed_code", ["line 6", "column Country Code"]),
        ("indicatorData.csv", "TON,key-C,,", "Tonga,key-C,1,2", "malformed_code", ["line 6", "Tonga"]),
        ("indicatorData.csv", "TON,key-C,,", "TON,,1,2", "malformed_code", ["line 6", "column Indicator Code"]),
        ("indicatorData.csv", "3e2", "about 300", "non_numeric_cell", ["line 3, column 2001: 'about 300'"]),
        ("indicatorData.csv", "3e2", '"1,000"', "non_numeric_cell", ["line 3, column 2001: '1,000'"]),
        ("indicatorData.csv", "3e2", "1_000", "non_numeric_cell", ["line 3, column 2001: '1_000'"]),
        ("indicatorData.csv", "7,8", "7,True", "non_numeric_cell", ["line 5, column 2001: 'True'"]),
        ("indicatorData.csv", "3e2", "1e999", "infinite_number", ["line 3, column 2001: inf"]),
        ("indicatorData.csv", "3e2", "-inf", "infinite_number", ["line 3, column 2001: -inf"]),
        ("indicatorData.csv", "TON,key-C,,", "FJI,wdi-A,1.1,", "duplicate_row", ["line 6", "line 2", "FJI, wdi-A"]),
        ("indicatorData.csv", "TON,key-C,,", "TON,wdi-Z,1,2", "data_without_metadata", ["wdi-Z"]),
        ("indicatorMeta.csv", "Forest", " Forest", "surrounding_blanks", ["line 2, column Indicator: ' Forest'"]),
        ("indicatorMeta.csv", "Forest", "", "missing_name", ["line 2", "wdi-A"]),
        ("indicatorMeta.csv", "Digital,,nan,key", "Digital,,nan,abc", "unknown_dataset", ["line 4", "Dataset: abc"]),
        ("indicatorMeta.csv", "Digital,,nan,key", "Digital,,nan,", "missing_dataset", ["line 4", "key for key-C"]),
        ("datasetMeta.csv", "key,Key", "wdi,Twice\nkey,Key", "duplicate_metadata", ["line 3", "wdi"]),
        ("datasetMeta.csv", "key,Key", "sdg,Goals\nkey,Key", "metadata_without_data", ["line 3", "sdg"]),
        ("indicatorMeta.csv", "key-C,", "wdi-A,Again,,,,,wdi\nkey-C,", "duplicate_metadata", ["line 4", "wdi-A"]),
        ("indicatorMeta.csv", "key-C,", "key-D,Idle,,,,,key\nkey-C,", "metadata_without_data", ["line 4", "key-D"]),
        ("indicatorMeta.csv", "key-C,", "None,Idle,,,,,key\nkey-C,", "malformed_code", ["line 4", "'None'"]),
        ("indicatorData.csv", "TON,key-C,,", "TON,../../x,1,2", "malformed_code", ["line 6", "'../../x' contains '/'"]),
        ("indicatorData.csv", "TON,key-C,,", "TON,key-\uff0fC,1,2", "malformed_code", ["contains '/' in another form"]),
        (
            "indicatorData.csv",
            "TON,key-C,,",
            f"TON,{'x' * 10**5},1,2",
            "malformed_code",
            ["has more than 210 bytes"],
        ),
        ("indicatorMeta.csv", "key-C,", "nul-C,Idle,,,,,key\nkey-C,", "malformed_code", ["'nul-C' is the name of a"]),
        ("indicatorMeta.csv", "Digital,,nan,key", "Digital,,nan,../key", "malformed_dataset", ["line 4", "'../key'"]),
        ("datasetMeta.csv", "key,Key", "..,Twice\nkey,Key", "malformed_code", ["line 3", "'..' begins with '.'"]),
    ],
)
def test_what_can_be_repaired_is_repaired_counted_and_named(
    small: SmallTables, name: str, old: str, new: str, kind: str, words: list[str]
) -> None:
    small.edit(name, old, new)
    tables, report = small.read()
    assert tables is not None, report.errors
    assert kind in report.repaired
    issue = next(found for found in report.repairs if found.kind == kind)
    assert issue.file == name
    for word in (name, *words):
        assert word in issue.message
    assert len(issue.message) < 1000


def test_repairs_change_nothing_else(small: SmallTables) -> None:
    small.edit("indicatorData.csv", "3e2", "abc")
    small.edit("indicatorData.csv", "TON,key-C,,", "FJI,wdi-A,,2\nTON,wdi-Z,5,inf\nx,key-C,9,9\n\n")
    tables, report = small.read()
    assert tables is not None
    assert report.repaired == {
        "non_numeric_cell": 1,
        "duplicate_row": 1,
        "infinite_number": 1,
        "malformed_code": 1,
        "data_without_metadata": 1,
    }
    values = _values(tables)
    stranger = next(known for known in tables.indicators if known.code == "wdi-Z")
    assert (stranger.name, stranger.dataset) == ("wdi-Z", "wdi")
    assert values[0, tables.countries.index("TON"), tables.indicators.index(stranger)] == 5
    fiji = values[:, tables.countries.index("FJI")]
    np.testing.assert_array_equal(fiji[:, 1:3], [[1.1, np.nan], [2.0, np.nan]])
    assert np.isfinite(values).sum() == 6


def test_rows_that_complement_each_other_become_one(small: SmallTables) -> None:
    small.edit("indicatorData.csv", "TON,key-C,,", "TON,key-C,1,\nTON,key-C,,2")
    tables = _tables(small)
    assert _values(tables)[:, tables.countries.index("TON"), 0].tolist() == [1, 2]


def test_many_faults_are_counted_and_the_first_named(small: SmallTables) -> None:
    countries = sorted(set(SIDS) - {"FJI", "TON"})
    rows = "".join(f"{code},key-C,{f'x{n}' if n < 3 else n},1\n" for n, code in enumerate(countries))
    small.edit("indicatorData.csv", "TON,key-C,,\n", rows + "TON,key-C,x3,x4\n")
    issue = _only(small.read()[1].repairs)
    assert (issue.kind, issue.count, issue.row, issue.column) == ("non_numeric_cell", 5, "line 6", "2000")
    assert "'x2'; and 2 more" in issue.message


@pytest.mark.parametrize(
    ("name", "old", "new", "kind", "words"),
    [
        ("indicatorData.csv", "Country Code", "Country", "missing_column", ["Country Code", "found: Country"]),
        ("indicatorData.csv", "2000,2001", "a,b", "missing_column", ["a year (1800 to 2200)"]),
        ("indicatorData.csv", "2000,2001", "2000,2000", "repeated_column", ["2000"]),
        ("indicatorMeta.csv", "Category", "Kind", "missing_column", ["Category"]),
        ("datasetMeta.csv", "Dataset Name", "Name", "missing_column", ["Dataset Name"]),
        ("indicatorMeta.csv", "key-C,Power,%", "key-C,Power,%,more", "ragged_row", ["line 4", "8 cells instead of 7"]),
        ("indicatorData.csv", "FJI,wdi-A,1.1,2", "FJI,wdi-A,1.1,2,3", "ragged_row", ["line 2", "5 cells"]),
        ("indicatorData.csv", "USA,key-C,7,8", "USA,key-C,7,8,9", "ragged_row", ["line 5", "5 cells instead of 4"]),
        ("indicatorData.csv", "FJI,wdi-B,,3e2", "FJI,wdi-B,3e2", "ragged_row", ["line 3", "3 cells instead of 4"]),
        ("indicatorData.csv", "FJI,wdi-B,,3e2", '"FJI,wdi-B",,3e2', "ragged_row", ["line 3", "3 cells instead of 4"]),
        ("indicatorData.csv", "TON,key-C,,\n", "TON,key-", "truncated_file", ["middle of a row"]),
        ("indicatorData.csv", "USA,key-C,7,8", "FJI,wdi-A,1.1,9", "contradicting_rows", ["line 5", "line 2", "2001"]),
    ],
)
def test_what_cannot_be_repaired_is_an_error(
    small: SmallTables, name: str, old: str, new: str, kind: str, words: list[str]
) -> None:
    small.edit(name, old, new)
    tables, report = small.read()
    assert tables is None
    error = _only(report.errors)
    assert (error.kind, error.file) == (kind, name)
    for word in (name, *words):
        assert word in error.message


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("indicatorData.csv.gz", gzip.compress(DATA, mtime=0)[:-12], "truncated_file"),
        ("indicatorData.csv.gz", b"no gzip at all", "corrupt_file"),
        ("indicatorData.csv", b"<html><body>404</body></html>", "missing_column"),
        ("indicatorData.csv", b"", "missing_column"),
        ("indicatorData.csv", b"Country Code,Indicator Code,2000\n", "no_rows"),
        ("indicatorData.csv", b"Country Code,Indicator Code,2000\nFJI,\xff\xfe,1\n", "not_text"),
        ("indicatorData.csv", b'Country Code,Indicator Code,2000\nFJI,"a-b,1\n', "ragged_row"),
        ("indicatorData.parquet", b"PAR1 but not really PAR1", "corrupt_file"),
        ("indicatorMeta.parquet", b"PAR1 but not really PAR1", "corrupt_file"),
        ("datasetMeta.csv.gz", gzip.compress(b"Dataset Code,Dataset Name\n" * 9, mtime=0)[:-12], "truncated_file"),
    ],
)  # fmt: skip
def test_files_that_are_no_tables_are_named(small: SmallTables, name: str, content: bytes, kind: str) -> None:
    (small.folder / f"{name.partition('.')[0]}.csv").unlink()
    (small.folder / name).write_bytes(content)
    tables, report = small.read()
    assert tables is None
    error = _only(report.errors)
    assert error.kind == kind
    assert error.message.startswith(name)
    assert "\n" not in error.message


def test_a_damaged_parquet_file_is_an_error(small: SmallTables) -> None:
    frame = pd.read_csv(small.folder / "indicatorData.csv")
    (small.folder / "indicatorData.csv").unlink()
    path = small.folder / "indicatorData.parquet"
    fastparquet.write(str(path), frame)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert _only(small.read()[1].errors).kind == "corrupt_file"


def test_every_file_with_an_error_is_reported_at_once(small: SmallTables) -> None:
    small.edit("datasetMeta.csv", "Dataset Code", "Code")
    small.edit("indicatorData.csv", "Country Code", "Code")
    assert [error.file for error in small.read()[1].errors] == ["datasetMeta.csv", "indicatorData.csv"]


def test_a_byte_order_mark_and_foreign_line_ends_are_read(small: SmallTables) -> None:
    expected = _tables(small).version()
    for path in small.folder.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert _tables(small).version() == expected
