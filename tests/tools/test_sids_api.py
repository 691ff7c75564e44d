"""`data import sids-api` from a folder, and from the same folder over HTTP."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sids_core.panel.tables import check_folder, read_folder
from sids_tools.importers.json_client import ATTEMPTS
from tests.tools.played_server import Answer, PlayedServer
from tests.tools.running import Result

Run = Callable[..., Result]
INDICATORS: dict[str, dict[str, Any]] = {
    "hdr-abr": {"indicator": "Births", "units": "per 1,000", "category": "Health", "dataset": "hdr", "dimension": None},
    "wdi2-A.B": {"indicator": "Power", "units": "%", "category": "Energy", "dataset": "wdi", "dimension": "rural"},
}
DATASETS: dict[str, dict[str, Any]] = {
    "hdr": {"Dataset Name": "Development report"},
    "wdi": {"Dataset Name": "World values"},
}
VALUES: dict[str, dict[str, Any]] = {
    "hdr-abr": {
        "2000": {"FJI": 31.5, "TON": 0, "KIR": "No Data"},
        "2002": {"FJI": 30, "All SIDS": 12.5},
        "recentValue": {"FJI": 30},
    },
    "wdi2-A.B": {"2001": {"WSM": 99.25, "FJI": None}},
}


def _write(root: Path, name: str, content: object) -> None:
    path = root / "data" / "indicators" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "api"
    _write(root, "indicatorMeta.json", INDICATORS)
    _write(root, "datasetMeta.json", DATASETS)
    for code, years in VALUES.items():
        _write(root, f"{code.partition('-')[0]}/{code}.json", {code: {"data": years}})
    return root


@pytest.fixture
def served(server: PlayedServer, site: Path) -> str:
    def respond(path: str, _query: object) -> Answer:
        file = site / path.lstrip("/").removeprefix("base/")
        return Answer(file.read_bytes()) if file.is_file() else Answer(b"<html>no</html>", status=404)

    server.respond = respond
    return f"{server.url}/base"


def _check(folder: Path) -> None:
    series = read_folder(folder).content().series
    assert series.years == (2000, 2001, 2002)
    rows = {
        (series.countries[country], series.indicators[indicator]): [float(value) for value in row if value == value]
        for country, indicator, row in zip(series.country, series.indicator, series.values, strict=True)
    }
    assert rows == {("FJI", "hdr-abr"): [31.5, 30.0], ("TON", "hdr-abr"): [0.0], ("WSM", "wdi2-A.B"): [99.25]}
    tables, report = check_folder(folder)
    assert tables is not None
    assert not report.repairs
    assert tables.datasets == {"hdr": "Development report", "wdi": "World values"}
    power = next(known for known in tables.indicators if known.code == "wdi2-A.B")
    assert (power.name, power.units, power.category, power.dimension, power.dataset) == (
        "Power",
        "%",
        "Energy",
        "rural",
        "wdi",
    )


def test_from_a_folder(command: Run, site: Path, tmp_path: Path) -> None:
    result = command("data", "import", "sids-api", "--path", site, "--out", tmp_path / "out")
    assert (result.code, result.err) == (0, "")
    _check(tmp_path / "out")


def test_over_http(command: Run, served: str, tmp_path: Path) -> None:
    result = command("data", "import", "sids-api", "--url", served, "--out", tmp_path / "out")
    assert (result.code, result.err) == (0, "")
    _check(tmp_path / "out")


def test_lists_of_records_beside_the_data_folder(command: Run, site: Path, tmp_path: Path) -> None:
    for name, records, code in (
        ("indicatorMeta.json", INDICATORS, "Indicator Code"),
        ("datasetMeta.json", DATASETS, "Dataset Code"),
    ):
        (site / "data" / "indicators" / name).unlink()
        listed = [{code: known, **record} for known, record in records.items()]
        (site / name).write_text(json.dumps(listed), encoding="utf-8")
    assert command("data", "import", "sids-api", "--path", site, "--out", tmp_path / "out").code == 0
    _check(tmp_path / "out")


def test_what_fails_over_http_is_named_and_resumed(
    command: Run, server: PlayedServer, served: str, tmp_path: Path
) -> None:
    path = "/base/data/indicators/hdr/hdr-abr.json"
    server.faults[path] = [Answer(status=503)] * ATTEMPTS
    arguments = ("data", "import", "sids-api", "--url", served, "--out", tmp_path / "out", "--backoff", "0.001")
    result = command(*arguments)
    assert result.code == 1
    assert "missing: hdr-abr: " in result.err
    assert "the server answers 503" in result.err
    with (tmp_path / "out" / "indicatorMeta.csv").open(encoding="utf-8", newline="") as file:
        assert [row["Indicator Code"] for row in csv.DictReader(file)] == ["wdi2-A.B"]
    assert command(*arguments).code == 0
    assert server.asked["/base/data/indicators/wdi2/wdi2-A.B.json"] == 1
    _check(tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"other": {"data": {}}}, 'not of the form {"hdr-abr": {"data": {year: {ISO3: value}}}}'),
        ({"hdr-abr": {"data": {"2000": [1, 2]}}}, 'not of the form {"hdr-abr": {"data": {year: {ISO3: value}}}}'),
    ],
)
def test_a_file_of_another_form_is_missing(
    command: Run, site: Path, tmp_path: Path, content: object, message: str
) -> None:
    _write(site, "hdr/hdr-abr.json", content)
    arguments = ("data", "import", "sids-api", "--path", site, "--out", tmp_path / "out")
    result = command(*arguments)
    assert result.code == 1
    assert f"missing: hdr-abr: data/indicators/hdr/hdr-abr.json: {message}" in result.err
    _write(site, "hdr/hdr-abr.json", {"hdr-abr": {"data": VALUES["hdr-abr"]}})
    assert command(*arguments).code == 0
    _check(tmp_path / "out")


def test_a_folder_in_place_of_a_file_is_missing(command: Run, site: Path, tmp_path: Path) -> None:
    file = site / "data" / "indicators" / "hdr" / "hdr-abr.json"
    file.unlink()
    file.mkdir()
    result = command("data", "import", "sids-api", "--path", site, "--out", tmp_path / "out")
    assert result.code == 1
    assert "missing: hdr-abr: data/indicators/hdr/hdr-abr.json: Is a directory" in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "either --url or --path"),
        (("--path", "nowhere"), 1, "nowhere is not a folder"),
        (("--path", "docs"), 1, "indicatorMeta.json is in none of data/indicators/, data/, the root"),
    ],
)
def test_a_wrong_request_is_one_line(
    command: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = command("data", "import", "sids-api", *arguments, "--out", tmp_path / "out")
    assert (result.code, result.err.count("\n")) == (code, 1)
    assert message in result.err
