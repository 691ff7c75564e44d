"""`data import world-bank` against a local server that plays the documented API."""

import csv
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sids_core.panel.tables import check_folder, read_folder
from tests.tools.played_server import Answer
from tests.tools.played_world_bank import EMPTY, INDICATORS, UNAVAILABLE, PlayedWorldBank, published_value
from tests.tools.running import Result, finish, start

Run = Callable[..., Result]
WITH_VALUES = sorted(set(INDICATORS) - {EMPTY})
DEADLINE_SECONDS = 60


def _values(folder: Path) -> dict[tuple[str, str, int], float]:
    series = read_folder(folder).content().series
    return {
        (series.countries[country], series.indicators[indicator], year): float(value)
        for country, indicator, row in zip(series.country, series.indicator, series.values, strict=True)
        for year, value in zip(series.years, row, strict=True)
        if not np.isnan(value)
    }


def _expected(codes: list[str], years: range) -> dict[tuple[str, str, int], float]:
    found = {}
    for code in codes:
        for country in ("FJI", "NAM", "TON", "USA"):
            for year in years:
                value = published_value(code, country, year)
                if value is not None:
                    found[country, f"wdi-{code}", year] = value
    return found


def test_all_indicators_page_by_page(import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank) -> None:
    result = import_wdi("--all", "--years", "2000:2004")
    assert result.code == 0
    assert _values(tmp_path / "wdi") == _expected(WITH_VALUES, range(2000, 2005))
    assert f"1 indicator without any value, left out: wdi-{EMPTY}" in result.err
    tables, report = check_folder(tmp_path / "wdi")
    assert tables is not None
    assert [issue.kind for issue in report.repairs] == ["empty_column"]  # the API has no dimensions
    # 7 places × 5 years at 11 records a page.
    assert world_bank.asked("SP.POP.TOTL") == 4
    assert sorted(path.name for path in (tmp_path / "wdi").iterdir()) == [
        "SHA256SUMS",
        "datasetMeta.csv",
        "indicatorData.csv.gz",
        "indicatorMeta.csv",
    ]


def test_what_is_known_of_an_indicator(import_wdi: Run, tmp_path: Path) -> None:
    assert import_wdi("--all").code == 0
    with (tmp_path / "wdi" / "indicatorMeta.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["Indicator Code"]: row for row in csv.DictReader(file)}
    forest = rows["wdi-AG.LND.FRST.ZS"]
    assert (forest["Indicator"], forest["Units"]) == ("Forest area (% of land area)", "% of land area")
    assert (forest["Category"], forest["Topics"]) == ("Environment", "Environment; Climate Change")
    assert forest["Definition"] == "What AG.LND.FRST.ZS means, “exactly”."
    assert rows["wdi-SL.UEM.TOTL.ZS"]["Units"] == "% of total labor force"
    assert rows["wdi-SP.POP.TOTL"]["Units"] == ""
    tables, _ = check_folder(tmp_path / "wdi")
    assert tables is not None
    assert tables.datasets == {"wdi": "World Development Indicators"}


@pytest.mark.parametrize("topic", ["19", "climate change"])
def test_a_topic_by_number_or_name(import_wdi: Run, tmp_path: Path, topic: str) -> None:
    assert import_wdi("--topic", topic).code == 0
    codes = read_folder(tmp_path / "wdi").content().series.indicators
    assert codes == ("wdi-AG.LND.FRST.ZS", "wdi-EN.POP.DNST", "wdi-SP.POP.TOTL")


def test_a_busy_and_a_broken_server_is_asked_again(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    body = b'[{"page": 1, "pages": 1, "total": 0}, []]'
    world_bank.fail("SP.POP.TOTL", Answer(status=429, headers={"Retry-After": "1"}), Answer(status=500))
    world_bank.fail("SH.DYN.MORT", Answer(body, truncated=True), Answer(b"<html>busy</html>"), Answer(status=503))
    began = time.monotonic()
    assert import_wdi("--all", "--years", "2000:2001").code == 0
    assert time.monotonic() - began >= 1, "Retry-After was not minded"
    assert _values(tmp_path / "wdi") == _expected(WITH_VALUES, range(2000, 2002))


def test_what_fails_is_named_and_the_same_command_resumes(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    # The first page arrives, then the server breaks down for this indicator.
    page = world_bank.path("SP.POP.TOTL")
    respond = world_bank.server.respond
    world_bank.server.respond = lambda path, query: (
        Answer(status=500) if path == page and query["page"] != "1" else respond(path, query)
    )
    world_bank.messages = {"SH.DYN.MORT": UNAVAILABLE}
    result = import_wdi("--all", "--years", "2000:2004")
    assert result.code == 1
    assert (
        "missing: wdi-SH.DYN.MORT: country/all/indicator/SH.DYN.MORT: the API reports an error "
        "(Service currently unavailable: " in result.err
    )
    assert "missing: wdi-SP.POP.TOTL: " in result.err
    assert "the server answers 500" in result.err
    assert "2 of 6 indicators are missing; rerun the command to retry them" in result.err
    arrived = [code for code in WITH_VALUES if code not in {"SH.DYN.MORT", "SP.POP.TOTL"}]
    assert _values(tmp_path / "wdi") == _expected(arrived, range(2000, 2005))

    world_bank.server.respond = respond
    world_bank.messages = {}
    before = {code: world_bank.asked(code) for code in arrived}
    result = import_wdi("--all", "--years", "2000:2004")
    assert result.code == 0
    assert "(4 kept from an earlier run)" in result.out
    assert {code: world_bank.asked(code) for code in arrived} == before
    assert _values(tmp_path / "wdi") == _expected(WITH_VALUES, range(2000, 2005))
    assert not (tmp_path / "wdi" / ".parts").exists()


def test_other_years_do_not_reuse_what_was_kept(import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank) -> None:
    world_bank.messages = {"SH.DYN.MORT": UNAVAILABLE}
    assert import_wdi("--all", "--years", "2000:2001").code == 1
    world_bank.messages = {}
    assert import_wdi("--all", "--years", "2001:2002").code == 0
    assert _values(tmp_path / "wdi") == _expected(WITH_VALUES, range(2001, 2003))


def test_a_killed_import_goes_on_where_it_was(tmp_path: Path, world_bank: PlayedWorldBank) -> None:
    held = WITH_VALUES[-2:]
    world_bank.server.held = {world_bank.path(code) for code in held}
    out = tmp_path / "wdi"
    arguments = ("data", "import", "world-bank", "--all", "--out", str(out), "--url", world_bank.url)
    process = start(*arguments)
    pause, deadline = threading.Event(), time.monotonic() + DEADLINE_SECONDS
    while len(list(out.glob(".parts/*/*.json"))) < 4 or any(not world_bank.asked(code) for code in held):
        assert time.monotonic() < deadline, "the import did not get so far"
        assert process.poll() is None
        pause.wait(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert not list(out.glob("*.csv*"))
    world_bank.server.release()
    before = dict(world_bank.server.asked)
    result = finish(start(*arguments))
    assert result.code == 0
    assert "(4 kept from an earlier run)" in result.out
    again = {code for code in INDICATORS if world_bank.asked(code) > before.get(world_bank.path(code), 0)}
    assert again == set(held)
    assert _values(out) == _expected(WITH_VALUES, range(1998, 2006))


def test_a_server_that_is_gone_is_one_line(command: Run, tmp_path: Path) -> None:
    where = ("--url", "http://127.0.0.1:9/v2", "--backoff", "0.001", "--out", tmp_path / "wdi")
    result = command("data", "import", "world-bank", "--all", *where)
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "http://127.0.0.1:9/v2/source/2/indicator" in result.err
    assert not list(tmp_path.glob("wdi/*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "exactly one of --indicators, --topic and --all"),
        (("--all", "--topic", "8"), "exactly one of --indicators, --topic and --all"),
        (("--all", "--years", "2004:2000"), "--years '2004:2000' is not of the form 1990:2024"),
        (("--indicators", "SP.POP.TOTAL"), "indicator 'SP.POP.TOTAL' is unknown; allowed: "),
        (("--topic", "Helth"), "topic 'Helth' is unknown; allowed: 6 (Environment), 8 (Health), 19 (Climate Change)"),
        (("--all", "--url", "ftp://somewhere"), "'ftp://somewhere' is not a URL of the form https://host/path"),
    ],
)
def test_a_wrong_request_is_one_line(import_wdi: Run, arguments: tuple[str, ...], message: str) -> None:
    result = import_wdi(*arguments)
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{}", "the answer is not of the form [{page, pages, total}, [record, …]]"),
        (b'[{"page": 1, "pages": "many", "total": 1}, []]', "the answer's pages is 'many', not a number"),
        (b'[{"page": 1, "pages": 1, "total": 3}, []]', "0 records on 1 pages instead of 3"),
        (b'[{"page": 1, "pages": 1, "total": 1}, ["x"]]', "a record is str, not an object"),
    ],
)
def test_an_answer_of_another_form_is_one_line(
    import_wdi: Run, world_bank: PlayedWorldBank, body: bytes, message: str
) -> None:
    world_bank.server.faults["/v2/source/2/indicator"] = [Answer(body)]
    result = import_wdi("--all")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert message in result.err


def test_values_are_not_written_beside_other_tables(import_wdi: Run, tmp_path: Path) -> None:
    (tmp_path / "wdi").mkdir()
    (tmp_path / "wdi" / "indicatorData.parquet").write_bytes(b"")
    result = import_wdi("--all")
    assert result.code == 1
    assert "holds other tables (indicatorData.parquet); choose another folder" in result.err
