"""What an import leaves out or finds missing is counted and said, and descriptions arrive under their real names."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sids_core.panel.tables import check_folder, read_folder
from tests.tools.played_server import PlayedServer
from tests.tools.played_sids_api import PlayedSidsApi, file_text
from tests.tools.played_world_bank import PlayedWorldBank, observation
from tests.tools.running import Result

Run = Callable[..., Result]
FOREST, POPULATION = "AG.LND.FRST.ZS", "SP.POP.TOTL"


@pytest.fixture
def sids(server: PlayedServer) -> PlayedSidsApi:
    return PlayedSidsApi(server, "hdr-1", "hdr-2")


@pytest.fixture
def import_sids(command: Run, server: PlayedServer, tmp_path: Path) -> Run:
    return lambda: command("data", "import", "sids-api", "--url", server.url, "--out", tmp_path / "sids")


def _rows(folder: Path, table: str) -> dict[str, dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["Indicator Code" if table == "indicatorMeta" else "Dataset Code"]: row for row in csv.DictReader(file)
        }


def _value(folder: Path, country: str, indicator: str, year: int) -> float:
    series = read_folder(folder).content().series
    pairs = [(series.countries[a], series.indicators[b]) for a, b in zip(series.country, series.indicator, strict=True)]
    return float(series.values[pairs.index((country, indicator)), series.years.index(year)])


def test_second_values_of_the_world_bank(import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank) -> None:
    world_bank.extra = {
        FOREST: [observation(FOREST, "FJI", 2000, 7.5), observation(FOREST, "FJI", 2003, 8.5)],
        POPULATION: [observation(POPULATION, "", 2001, 9.5, short="TO"), observation(POPULATION, "TON", 2001, None)],
    }
    result = import_wdi("--all", "--years", "2000:2004")
    assert result.code == 0
    assert (
        f"2 further values of a country and year that has one, left out: wdi-{FOREST} (1), wdi-{POPULATION} (1)"
        in result.err
    )
    # In 2003 the server publishes no other value.
    assert _value(tmp_path / "wdi", "FJI", f"wdi-{FOREST}", 2003) == 8.5
    assert _value(tmp_path / "wdi", "FJI", f"wdi-{FOREST}", 2000) != 7.5


def test_countries_that_the_world_bank_does_not_list(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    unlisted = [observation(FOREST, "XKX", year, 1.5) for year in (2000, 2001)]
    nameless = {**observation(FOREST, "", 2000, 1.5), "country": {"id": "", "value": "Kosovo"}}
    without_value = observation(FOREST, "ABC", 2000, None)
    world_bank.extra = {
        FOREST: [*unlisted, nameless, without_value],
        POPULATION: [observation(POPULATION, "XKX", 2000, 1.5), observation(POPULATION, "XKX", 1950, 1.5)],
    }
    result = import_wdi("--all", "--years", "2000:2004")
    assert result.code == 0
    assert "4 values of countries missing from the source's own list, left out: Kosovo (1), XKX (3)" in result.err
    # The world and the high-income countries are listed, as aggregates.
    assert "WLD" not in result.err
    series = read_folder(tmp_path / "wdi").content().series
    assert {series.countries[index] for index in series.country} == {"FJI", "NAM", "TON", "USA"}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400])
def test_a_series_without_any_number_is_empty(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank, number: float
) -> None:
    empty = "ST.INT.ARVL"
    world_bank.extra = {empty: [observation(empty, "FJI", year, number) for year in (2000, 2030)]}
    result = import_wdi("--indicators", f"{empty},{FOREST}", "--years", "2000:2030")
    assert result.code == 0
    assert f"1 indicator without any value, left out: wdi-{empty}" in result.err
    assert read_folder(tmp_path / "wdi").content().series.years[-1] == 2005
    _, report = check_folder(tmp_path / "wdi")
    assert [issue.kind for issue in report.repairs] == ["empty_column"]  # the API has no dimensions


def test_findings_in_parts_of_an_earlier_run_are_said_again(import_wdi: Run, world_bank: PlayedWorldBank) -> None:
    world_bank.extra = {FOREST: [observation(FOREST, "FJI", 2000, 7.5), observation(FOREST, "XKX", 2000, 7.5)]}
    world_bank.messages = {POPULATION: {"id": "105", "key": "Service currently unavailable", "value": "Later."}}
    assert import_wdi("--all").code == 1
    world_bank.messages = {}
    result = import_wdi("--all")
    assert "(5 kept from an earlier run)" in result.out
    assert f"left out: wdi-{FOREST} (1)" in result.err
    assert "left out: XKX (1)" in result.err


def test_repeated_and_missing_numbers_of_the_sids_api(import_sids: Run, sids: PlayedSidsApi, tmp_path: Path) -> None:
    years = '"2000": {"FJI": 1, "TON": 2, "FJI": 3}, "2001": {"FJI": 4}, "2001": {"FJI": 5, "TON": 6}'
    sids.texts["hdr-1"] = f'{{"hdr-1": {{"data": {{{years}}}}}}}'
    sids.texts["hdr-2"] = file_text("hdr-2", {"2000": {"FJI": float("nan"), "TON": 10**400}})
    result = import_sids()
    assert result.code == 0
    assert "2 further values of a country and year that has one, left out: hdr-1 (2)" in result.err
    assert "1 indicator without any value, left out: hdr-2" in result.err
    values = {
        pair: _value(tmp_path / "sids", pair[0], "hdr-1", pair[1])
        for pair in (("FJI", 2000), ("FJI", 2001), ("TON", 2001))
    }
    assert values == {("FJI", 2000): 1, ("FJI", 2001): 4, ("TON", 2001): 6}


@pytest.mark.usefixtures("sids")
def test_the_real_field_names(import_sids: Run, tmp_path: Path) -> None:
    result = import_sids()
    assert (result.code, result.err) == (0, "")
    row = _rows(tmp_path / "sids", "indicatorMeta")["hdr-2"]
    assert (row["Dimension"], row["Definition"]) == ("dimension of hdr-2", "What hdr-2 counts.")
    assert (row["Note"], row["Priority"], row["# Years"], row["# Countries"]) == ("Note on hdr-2", "2.0", "1.0", "2.0")
    dataset = _rows(tmp_path / "sids", "datasetMeta")["hdr"]
    assert (dataset["Dataset Name"], dataset["Release Year"]) == ("Human Development Report", "2020.0")
    assert dataset["Priority"] == "1.0"


@pytest.mark.parametrize(
    ("fields", "dimension"),
    [
        ({"dimension": "female"}, "female"),
        ({"Dim": "female"}, "female"),
        ({"dimension": None, "dim": "female"}, "female"),
        ({"Dimension": "None", "dim": "female"}, "female"),
        ({"dimension": "female", "dim": "male"}, "female"),
        ({"dim": "None"}, "None"),
    ],
)
def test_a_field_under_any_of_its_names(
    import_sids: Run, sids: PlayedSidsApi, tmp_path: Path, fields: dict[str, str | None], dimension: str
) -> None:
    del sids.indicators["hdr-1"]["dim"]
    sids.indicators["hdr-1"] |= fields
    assert import_sids().code == 0
    assert _rows(tmp_path / "sids", "indicatorMeta")["hdr-1"]["Dimension"] == dimension


def test_a_required_column_without_a_text_is_said(import_sids: Run, sids: PlayedSidsApi) -> None:
    for record, dimension in zip(sids.indicators.values(), ("None", ""), strict=True):
        del record["category"]
        record["dim"] = dimension
    sids.datasets = {"hdr": {"title": "Human Development Report"}}
    result = import_sids()
    assert result.code == 0
    assert result.err.splitlines() == [
        "indicatorMeta: column Category is empty in every row",
        "indicatorMeta: column Dimension is empty in every row",
        "datasetMeta: column Dataset Name is empty in every row",
    ]


def test_the_case_with_real_field_names(command: Run, cases: Path, tmp_path: Path) -> None:
    result = command("data", "import", "sids-api", "--path", cases / "sids-api-real-fields", "--out", tmp_path / "out")
    assert result.code == 0
    assert "refused: hdr-3: " in result.err
    rows = _rows(tmp_path / "out", "indicatorMeta")
    assert {code: row["Dimension"] for code, row in rows.items()} == {"hdr-1": "female", "hdr-2": "male"}
    assert {row["Definition"] for row in rows.values()} == {"What is counted."}


def test_real_files(command: Run, real_data: Path, tmp_path: Path) -> None:
    source = real_data.parent / "sids-api"
    if not source.is_dir():
        pytest.skip(f"the real files are not at {source}")
    result = command("data", "import", "sids-api", "--path", source, "--out", tmp_path / "out")
    assert result.code == 0
    listed = json.loads((source / "data" / "indicators" / "indicatorMeta.json").read_text(encoding="utf-8"))
    files = {path.stem for path in source.glob("data/indicators/*/*.json")}
    refused = {line.split(": ")[1] for line in result.err.splitlines() if line.startswith("refused: ")}
    assert refused == listed.keys() - files
    rows = _rows(tmp_path / "out", "indicatorMeta")
    assert len(rows) > 0.9 * len(files)
    for code, row in rows.items():
        for column, field in (("Dimension", "dim"), ("Definition", "def"), ("Note", "note"), ("Priority", "priority")):
            assert row[column] == " ".join(listed[code][field].split())
