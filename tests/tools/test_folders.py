"""`data check`, `merge` and `pack` on small tables, the demo data and, where it is, the real data."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from sids_core.panel.tables import read_folder
from tests.tools.running import Result

Run = Callable[..., Result]


def _write(folder: Path, data: str, meta: str = "") -> Path:
    folder.mkdir()
    rows = meta or "wdi-A,Forest,Environment,,wdi,%\n"
    (folder / "indicatorMeta.csv").write_text(f"Indicator Code,Indicator,Category,Dimension,Dataset,Units\n{rows}")
    (folder / "datasetMeta.csv").write_text("Dataset Code,Dataset Name,Link\nwdi,World values,here\n")
    (folder / "indicatorData.csv").write_text(data)
    return folder


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return _write(tmp_path / "one", "Country Code,Indicator Code,2000,2001\nFJI,wdi-A,1,2\nTON,wdi-A,0.1,\n")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    data = "Country Code,Indicator Code,2001,2003\nFJI,wdi-A,3,4\nTON,wdi-A,,5\nTON,wdi-B,6,7\n"
    meta = "wdi-A,Forests,Environment,,wdi,%\nwdi-B,Schools,Education,,wdi,\n"
    return _write(tmp_path / "other", data, meta)


def _rows(folder: Path) -> dict[tuple[str, str], list[float | None]]:
    series = read_folder(folder).content().series
    return {
        (series.countries[country], series.indicators[indicator]): [
            None if value != value else float(value) for value in row
        ]
        for country, indicator, row in zip(series.country, series.indicator, series.values, strict=True)
    }


def test_check_reports_repairs(command: Run, one: Path) -> None:
    (one / "indicatorMeta.csv").write_text(
        "Indicator Code,Indicator,Category,Dimension,Dataset\n wdi-A,Forest,Environment,,wdi\n"
    )
    result = command("data", "check", one)
    assert result.code == 0
    assert "repaired: indicatorMeta.csv: blanks around a text removed: line 2, column Indicator Code" in result.err
    assert "2 countries, 1 indicator, years 2000–2001, 3 values; version" in result.out


def test_check_fails_on_errors(command: Run, one: Path) -> None:
    with (one / "indicatorData.csv").open("a") as file:
        file.write("FJI,wdi-A,9,2\n")
    result = command("data", "check", one)
    assert result.code == 1
    assert "error: indicatorData.csv: two rows for a country and indicator have different values: line 4" in result.err
    assert "1 errors; a service would reject this dataset" in result.err


def test_check_names_what_is_not_there(command: Run, tmp_path: Path) -> None:
    result = command("data", "check", tmp_path)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "has no file for indicatorMeta, datasetMeta, indicatorData" in result.err


def test_merge_names_a_contradiction(command: Run, one: Path, other: Path, tmp_path: Path) -> None:
    result = command("data", "merge", one, other, "--out", tmp_path / "out")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert f"{one} and {other} contradict each other: FJI, wdi-A in 2001 (2.0 and 3.0). Choose one" in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("prefer", "fiji", "name"),
    [("first", [1.0, 2.0, None], "Forest"), ("last", [None, 3.0, 4.0], "Forests")],
)
def test_merge_takes_the_preferred_row_whole(
    command: Run, one: Path, other: Path, tmp_path: Path, prefer: str, fiji: list[float | None], name: str
) -> None:
    out = tmp_path / "out"
    assert command("data", "merge", one, other, "--prefer", prefer, "--out", out).code == 0
    assert _rows(out) == {
        ("FJI", "wdi-A"): fiji,
        ("TON", "wdi-A"): [0.1, None, 5.0],
        ("TON", "wdi-B"): [None, 6.0, 7.0],
    }
    assert [known.name for known in read_folder(out).indicators] == [name, "Schools"]
    assert read_folder(out).dataset_rows == ({"Dataset Code": "wdi", "Dataset Name": "World values", "Link": "here"},)


def test_merge_of_the_halves_is_the_whole(command: Run, demo_data: Path, tmp_path: Path) -> None:
    with gzip.open(demo_data / "indicatorData.csv.gz", "rt", encoding="utf-8") as file:
        header, *rows = file.read().splitlines(keepends=True)
    for number in range(2):
        half = tmp_path / f"half{number}"
        half.mkdir()
        for name in ("indicatorMeta.csv", "datasetMeta.csv"):
            (half / name).write_bytes((demo_data / name).read_bytes())
        # Every third row is in both.
        part = [row for index, row in enumerate(rows) if index % 2 == number or index % 3 == 0]
        (half / "indicatorData.csv").write_text("".join([header, *part]), encoding="utf-8")
    assert command("data", "merge", tmp_path / "half0", tmp_path / "half1", "--out", tmp_path / "out").code == 0
    assert read_folder(tmp_path / "out").version() == read_folder(demo_data).version()


def test_the_same_merge_gives_the_same_bytes(command: Run, one: Path, other: Path, tmp_path: Path) -> None:
    written = []
    for out in (tmp_path / "a", tmp_path / "b"):
        assert command("data", "merge", one, other, "--prefer", "first", "--out", out).code == 0
        written.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("one",), "at least two different folders"),
        (("one", "one"), "at least two different folders"),
        (("one", "other", "--prefer", "newest"), "--prefer 'newest' is unknown; allowed: first, last"),
    ],
)
def test_a_wrong_merge_is_one_line(
    command: Run, one: Path, other: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    known = {"one": str(one), "other": str(other)}
    given = [known.get(argument, argument) for argument in arguments]
    result = command("data", "merge", *given, "--out", tmp_path / "out")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


def _same_after_packing(command: Run, source: Path, out: Path) -> None:
    result = command("data", "pack", source, "--out", out)
    assert (result.code, result.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == [
        "SHA256SUMS",
        "datasetMeta.parquet",
        "indicatorData.parquet",
        "indicatorMeta.parquet",
    ]
    before, after = read_folder(source), read_folder(out)
    assert after.version() == before.version()
    assert after.indicators == before.indicators
    assert f"version {before.version()}" in result.out
    # Columns that the service does not read are kept too.
    assert after.indicator_rows == before.indicator_rows


def test_pack_of_the_demo_data_reads_back_identical(command: Run, demo_data: Path, tmp_path: Path) -> None:
    _same_after_packing(command, demo_data, tmp_path / "packed")


def test_pack_of_the_real_data_reads_back_identical(command: Run, real_data: Path, tmp_path: Path) -> None:
    _same_after_packing(command, real_data, tmp_path / "packed")


def test_pack_does_not_write_beside_otherread_folder(command: Run, one: Path) -> None:
    result = command("data", "pack", one, "--out", one)
    assert result.code == 1
    assert "holds other tables" in result.err
    assert _rows(one)


def test_pack_refuses_what_a_service_would_refuse(command: Run, one: Path, tmp_path: Path) -> None:
    (one / "indicatorData.csv").write_text("Country Code,Indicator Code,2000\nFJI,wdi-A,1\nFJI,wdi-A,2\n")
    result = command("data", "pack", one, "--out", tmp_path / "packed")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert not (tmp_path / "packed").exists()
