"""`data import table`: files of any form to the three tables, a preview, and a region's data up to a filled gap."""

import errno
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sids_core as sids
from sids_core.panel.tables import read_folder
from sids_tools.commands import import_table
from tests.tools.running import PROJECT, Result

Run = Callable[..., Result]
REGION = {
    "FJI": "Fiji",
    "TON": "Tonga",
    "WSM": "Samoa",
    "KIR": "Kiribati",
    "VUT": "Vanuatu",
    "SLB": "Solomon Is.",
    "FSM": "Micronesia (Fed. States)",
    "MHL": "Marshall Islands",
    "PLW": "Palau",
    "NRU": "Nauru",
    "TUV": "Tuvalu",
    "PNG": "Papua New Guinea",
}
INDICATORS = ("Access to electricity (% of population)", "Schooling", "Income", "Health", "Trade")
YEARS = range(2012, 2020)


def region(folder: Path) -> Path:
    """Twelve countries and five related indicators, as a spreadsheet program of Germany or France saves them."""
    random = np.random.default_rng(3)
    level = random.normal(50, 10, len(REGION))
    rows = ["Land;Indikator;" + ";".join(map(str, YEARS))]
    for number, indicator in enumerate(INDICATORS):
        for country, name in enumerate(REGION.values()):
            values = [
                f"{level[country] * (number + 1) + year + random.normal():.2f}".replace(".", ",") for year in range(8)
            ]
            if not number and country in {2, 5}:
                values[4:] = ["…"] * 4
            rows.append(f'"{name}";"{indicator}";' + ";".join(values))
    rows.append(f'"Pacific total";"{INDICATORS[0]}";' + ";".join(["600,5"] * 8))
    path = folder / "region.csv"
    path.write_text("\r\n".join(rows), encoding="cp1252", errors="replace")
    path.write_bytes(path.read_bytes().replace(b"?", b"\x85"))
    return path


def test_a_regions_data_from_file_to_filled_gap(command: Run, tmp_path: Path) -> None:
    file, out = region(tmp_path), tmp_path / "mine"
    made = command("data", "import", "table", file, "--indicator", "Indikator", "--out", out)
    assert made.code == 0, made.err
    assert f"{out}: 12 countries, 5 indicators, years 2012–2019, 472 values" in made.out
    assert "cp1252, delimiter semicolon, decimal comma" in made.out
    assert "read as: line 7, column Land: 'Solomon Is.' as SLB and in 4 more rows" in made.err
    assert "row of an aggregate left out: line 62, column Land: 'Pacific total'" in made.err
    checked = command("data", "check", out)
    assert checked.out.startswith(f"{out}: 12 countries, 5 indicators, years 2012–2019, 472 values; version ")
    panel = sids.open_panel(out)
    assert panel.is_regional
    np.testing.assert_array_equal(panel.values, sids.open_panel(file, indicator="Indikator").values)
    code = "access_to_electricity_of_population"
    result = sids.impute(panel, code, 2018)
    frame = result.to_frame().set_index("country")
    assert list(frame.index[~frame["observed"] & frame.index.isin(list(REGION))]) == ["SLB", "WSM"]
    assert np.isfinite(frame.loc[["SLB", "WSM"], ["value", "lower", "upper"]]).all(axis=None)
    assert any("10 countries" in warning for warning in result.warnings), result.warnings


def test_a_preview_writes_nothing(command: Run, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(
        "country,indicator,2010,2011\nFiji,a,1,..\nWorld,a,2,3\nFidji,a,4,5\nTonga,a,<5,6\n", encoding="utf-8"
    )
    seen = command("data", "import", "table", file, "--dry-run")
    assert seen.code == 1
    assert seen.out.splitlines() == [
        "data.csv: a table, one column per year (utf-8, delimiter comma, decimal point)",
        "  country: 'country'",
        "  indicator: 'indicator'",
        "  year: the columns '2010', '2011'",
        "  missing values: '..' (1)",
        "  2 countries, 1 indicator, years 2010–2011, 2 values",
        "all: 2 countries, 1 indicator, years 2010–2011, 2 values",
    ]
    assert seen.err.splitlines() == [
        "note: data.csv: row of no country left out: line 4, column country: 'Fidji'",
        "note: data.csv: row of an aggregate left out: line 3, column country: 'World'",
        "note: data.csv: a bound, not a value, taken as missing: line 5, column 2010: '<5'",
        "some of the data was not understood and is left out, as listed above",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_several_files_become_one_dataset(command: Run, tmp_path: Path) -> None:
    (tmp_path / "Pop.csv").write_text("country,2010\nFJI,1\nTON,2\n", encoding="utf-8")
    (tmp_path / "more.csv").write_text("country;year;Pop;GDP\nWSM;2011;1,5;2\nFJI;2010;1;3\n", encoding="utf-8")
    out = tmp_path / "a" / "b"
    made = command("data", "import", "table", tmp_path / "Pop.csv", tmp_path / "more.csv", "--out", out)
    assert made.code == 0, made.err
    assert "3 countries, 2 indicators, years 2010–2011, 5 values" in made.out
    assert "line 3: FJI, Pop, 2010, merged into Pop.csv, line 2" in made.err
    assert dict(read_folder(out).datasets) == {"Pop": "Pop", "more": "more"}
    assert sorted(path.name for path in out.parent.iterdir()) == ["b"]
    (tmp_path / "more.csv").write_text("country,2010\nFJI,7\n", encoding="utf-8")
    again = ("--indicator", "Pop", "--out", tmp_path / "c")
    refused = command("data", "import", "table", tmp_path / "Pop.csv", tmp_path / "more.csv", *again)
    assert refused.code == 1
    assert "error: more.csv: two rows for a country, indicator and year have different values: line 2" in refused.err
    assert "FJI, Pop, 2010: 1.0 in Pop.csv, line 2, 7.0 here" in refused.err
    assert refused.err.endswith("nothing was written\n")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("data.csv",), 2, "give either --out with the folder for the tables, or --dry-run"),
        (("data.csv", "--out", "x", "--dry-run"), 2, "give either --out"),
        (("nowhere.csv", "--dry-run"), 1, "nowhere.csv does not exist"),
        (("data.csv", "--dry-run", "--decimal", "dot"), 2, "decimal 'dot' is unknown; allowed: point, comma"),
        (("data.csv", "--dry-run", "--dimensions", "sex"), 2, "dimension 'sex' is unknown; allowed: country, 2010"),
        (("bad.csv", "--out", "x"), 1, "bad.csv: line 2: 3 cells instead of 2"),
        (("data.csv", "--out", "other"), 1, "holds other tables (indicatorMeta.parquet); choose another folder"),
    ],
)
def test_failures_are_one_line(command: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    (tmp_path / "data.csv").write_text("country,2010\nFJI,1\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("country,2010\nFJI,1,2\n", encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "indicatorMeta.parquet").touch()
    paths = [tmp_path / each if each.endswith("csv") or each in {"x", "other"} else each for each in arguments]
    result = command("data", "import", "table", *paths)
    assert (result.code, result.err.count("\n")) == (code, 1)
    assert words in result.err
    assert not (tmp_path / "x").exists()


def test_names_cannot_forge_lines(command: Run, tmp_path: Path) -> None:
    text = 'country,2010,"no\nte\x1b[2J"\nFJI,1,x\n"Fi\nd\x1bji",1,x\n'
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    seen = command("data", "import", "table", tmp_path / "data.csv", "--dry-run")
    assert "\x1b" not in seen.out + seen.err
    assert "not read: 'no te\\x1b[2J'" in seen.err
    assert "column country: 'Fi d\\x1bji'" in seen.err


@pytest.mark.parametrize("name", ["indicatorData.csv", "indicatorMeta.csv"])
def test_a_file_that_is_read_is_never_replaced(command: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("country,2010\nFJI,1\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / name)
    for file in (tmp_path / name, tmp_path / "link.csv"):
        refused = command("data", "import", "table", file, "--out", tmp_path)
        assert refused.code == 2
        assert f"--out {tmp_path} would replace {file}, which is read" in refused.err
    assert (tmp_path / name).read_text() == "country,2010\nFJI,1\n"
    assert {path.name for path in tmp_path.iterdir()} == {name, "link.csv"}


def test_a_folder_that_exists_gets_the_new_tables(command: Run, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    for value in (1, 2):
        (tmp_path / "data.csv").write_text(f"country,2010\nFJI,{value}\n", encoding="utf-8")
        assert command("data", "import", "table", tmp_path / "data.csv", "--out", out).code == 0
        assert read_folder(out).values.tolist() == [[value]]


def test_a_folder_appears_complete_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data.csv").write_text("country,2010\nFJI,1\n", encoding="utf-8")
    seen = []

    def full_disk(folder: Path) -> None:
        seen.append((len(list(folder.iterdir())), (tmp_path / "mine").exists()))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sids_core.panel.write.write_sums", full_disk)
    with pytest.raises(OSError, match="No space left on device"):
        import_table.table([tmp_path / "data.csv"], out=tmp_path / "mine")
    assert seen == [(3, False)]
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_the_page_shows_what_the_command_says(command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (PROJECT / "docs" / "your-data.md").read_text(encoding="utf-8")
    kinds = ("csv", "console", "python")
    (table,), (shown,), (code,) = (re.findall(rf"```{kind}\n(.+?)```", page, re.DOTALL) for kind in kinds)
    (tmp_path / "figures.csv").write_text(table, encoding="utf-8")
    seen = command("data", "import", "table", tmp_path / "figures.csv", "--dry-run")
    assert f"$ sids data import table figures.csv --dry-run\n{seen.out}{seen.err}" == shown
    monkeypatch.chdir(tmp_path)
    *statements, last = code.strip().splitlines()
    names: dict[str, object] = {}
    exec("\n".join(statements), names)  # noqa: S102 (the block is ours)
    value, _, expected = last.partition("  # ")
    assert eval(value, names) == float(expected)  # noqa: S307
