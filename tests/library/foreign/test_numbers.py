"""Decimal signs, thousands, missing values and marks: decided from the whole table, never guessed at."""

from itertools import product

import pytest

from sids_core.errors import DatasetError
from tests.library.foreign.conftest import Understand


def table(*cells: str) -> str:
    codes = "ATG BHS BRB BLZ CPV COM CUB DMA DOM FJI GRD GNB GUY HTI JAM KIR MDV MHL MUS NRU PLW PNG WSM".split()
    codes.sort()
    return "country|2010\n" + "".join(f"{code}|{cell}\n" for code, cell in zip(codes, cells, strict=False))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234", "1,234,567"], [1234, 1234567]),
        (["1,234", "2.5"], [1234, 2.5]),
        (["1,234", "12,5"], [1.234, 12.5]),
        (["1.234", "12,5"], [1234, 12.5]),
        (["1.234", "1.234.567"], [1234, 1234567]),
        (["1.234", "5"], [1.234, 5]),
        (["1.234,5", "7"], [1234.5, 7]),
        (["1,234.5", "7"], [1234.5, 7]),
        (["1 234,5", "1\u00a0234\u00a0567", "1\u202f000"], [1234.5, 1234567, 1000]),
        (["1'234.5", "1’000"], [1234.5, 1000]),
        (["0,123", "-,5"], [0.123, -0.5]),
        (["−5", "+3.25", "–2", "1e3", "1.5E-3"], [-5, 3.25, -2, 1000, 0.0015]),
        (["12,5 %", "50%"], [12.5, 50]),
        (
            ["12.3 (a)", "12.4*", "12.5 e", "12.6 [1]", "12.7¹", "12.8 1/", "5†"],
            [12.3, 12.4, 12.5, 12.6, 12.7, 12.8, 5],
        ),
    ],
)
def test_numbers(understand: Understand, cells: list[str], expected: list[float]) -> None:
    assert list(understand(table(*cells)).values.values()) == expected


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1,5", "1.5"], "line 3, column 2010: '1.5' and line 2, column 2010: '1,5'; say which it is by the option"),
        (["1,234", "5,678"], "it is not clear whether a sign is the decimal one or separates thousands"),
        (["1,234", "987"], "line 2, column 2010: '1,234'; say which is the decimal sign by the option decimal"),
    ],
)
def test_what_cannot_be_decided_is_asked(understand: Understand, cells: list[str], words: str) -> None:
    with pytest.raises(DatasetError) as fault:
        understand(table(*cells))
    assert words in str(fault.value)


def test_an_option_decides(understand: Understand) -> None:
    cells = table("1,234", "5,678")
    assert list(understand(cells, decimal="point").values.values()) == [1234, 5678]
    assert list(understand(cells, decimal=",").values.values()) == [1.234, 5.678]
    points = table("1.234", "5.678").replace("|", ";")
    with pytest.raises(DatasetError, match="not clear whether a sign is the decimal one"):
        understand(points)
    assert list(understand(points, decimal="comma").values.values()) == [1234, 5678]


MISSING = [
    "",
    "..",
    "…",
    "NA",
    "n/a",
    "N.A.",
    "#N/A",
    "-",
    "–",
    "—",
    "--",
    ":",
    ".",
    "null",
    "None",
    "nan",
    "n.d.",
    ": c",
]


def test_marks_of_missing_values(understand: Understand) -> None:
    found = understand(table(*MISSING, "5"))
    assert list(found.values.values()) == [5]
    assert not found.notes
    assert "missing values: '..' (1), '…' (1), 'NA' (1)" in found.preview


FAULTS = [
    "3k",
    "(3)",
    "1,23,456",
    "1.2.3",
    "$5",
    "#DIV/0!",
    "TRUE",
    "1_000",
    "١٢",
    "0x10",
    "inf",
    "5 bn",
    "1/2",
    "2010-01-01",
]


@pytest.mark.parametrize("cell", FAULTS)
def test_what_is_not_understood_is_named(understand: Understand, cell: str) -> None:
    found = understand(table(cell, *map(str, range(20))))
    assert list(found.values.values()) == list(range(20))
    assert f"line 2, column 2010: {cell!r}" in found.notes["non_numeric_cell"]
    assert found.tables.lost


@pytest.mark.parametrize("cell", ["<5", "> 95", "≤1.5", "~3", "&lt;5"])
def test_a_bound_is_no_value(understand: Understand, cell: str) -> None:
    found = understand(table(cell, "1.5"))
    assert list(found.values.values()) == [1.5]
    assert f"line 2, column 2010: {cell!r}" in found.notes["bound"]


def test_a_number_that_stands_for_a_missing_value_is_none(understand: Understand) -> None:
    found = understand(table("-9999", "-999", "5", "-99"))
    assert sorted(found.values.values()) == [-99, 5]
    assert found.notes["stand_in"].endswith("line 2, column 2010: -9999; line 3, column 2010: -999")


def test_long_cells_take_no_long_time(understand: Understand) -> None:
    long = "1" + " " * 100_000 + "x", "north " * 20_000
    found = understand(table(*long, *map(str, range(20))) + f"{long[1]}|5\n{long[0]}|5\n")
    assert found.tables.report.repaired == {"non_numeric_cell": 2, "unknown_country": 2}


def test_marks_and_mixed_percentages_are_said(understand: Understand) -> None:
    found = understand(table("5 %", "6", "7 (a)", "8 (a)"))
    assert found.notes["mixed_percent"].endswith("data (1 of 4 values)")
    assert found.notes["marked_number"].endswith("line 4, column 2010: '(a)'; and 1 more")
    assert found.meta("data")["Units"] == ""
    assert understand(table("5 %", "6%")).meta("data")["Units"] == "%"


def test_a_table_of_which_a_tenth_is_not_understood_is_refused(understand: Understand) -> None:
    with pytest.raises(DatasetError, match=r"10 of 20 values cannot be read, as in line 2, column 2010: 'about 5'"):
        understand(table(*["about 5"] * 10, *map(str, range(10))))


NAMES = "Land;Year;Bevölkerung\nCôte d’Ivoire;2010;1,5\nCuraçao;2010;2,5\nÅland Islands;2010;3,5\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(understand: Understand, encoding: str, end: str) -> None:
    found = understand(NAMES.replace("\n", end), written=encoding)
    assert found.values == {
        (code, "Bevölkerung", 2010): value for code, value in (("CIV", 1.5), ("CUW", 2.5), ("ALA", 3.5))
    }


def test_an_encoding_that_does_not_fit_is_named(understand: Understand) -> None:
    with pytest.raises(DatasetError, match=r"line 1: not utf-8 text .* give its encoding"):
        understand(NAMES, written="cp1252", encoding="utf-8")


@pytest.mark.parametrize(("delimiter", "decimal"), [each for each in product(",;\t|", ".,") if each[0] != each[1]])
def test_delimiters(understand: Understand, delimiter: str, decimal: str) -> None:
    rows = [["country", "indicator", "2010", "2011"], ["FJI", "a", "1.5", "2"], ["TON", "a", "", "-3.25"]]
    text = "\n".join(delimiter.join(cell.replace(".", decimal) for cell in row) for row in rows)
    expected = {("FJI", "a", 2010): 1.5, ("FJI", "a", 2011): 2, ("TON", "a", 2011): -3.25}
    assert understand(text).values == expected
    assert understand(f"sep={delimiter}\n{text}").values == expected
