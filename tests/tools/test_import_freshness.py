"""A refused indicator does not keep an import from being fresh, and what was kept does not outlive its source."""

import csv
import gzip
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sids_tools.importers.parts import LONGEST_KEPT_SECONDS
from tests.tools.played_server import Answer, PlayedServer
from tests.tools.played_sids_api import PlayedSidsApi, file_text
from tests.tools.played_world_bank import (
    ARCHIVED,
    EMPTY,
    INDICATORS,
    INVALID,
    UNAVAILABLE,
    Message,
    PlayedWorldBank,
    observation,
    published_value,
)
from tests.tools.running import Result

Run = Callable[..., Result]
LOST = "SH.DYN.MORT"
YEARS = ("--years", "2000:2002")


@pytest.fixture
def sids(server: PlayedServer) -> PlayedSidsApi:
    return PlayedSidsApi(server, "hdr-1", "hdr-2", "hdr-3")


@pytest.fixture
def import_sids(command: Run, server: PlayedServer, tmp_path: Path) -> Run:
    where = ("--url", server.url, "--out", tmp_path / "sids", "--backoff", "0.001")
    return lambda: command("data", "import", "sids-api", *where)


def _values(folder: Path) -> dict[tuple[str, str], list[str]]:
    with gzip.open(folder / "indicatorData.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return {
            (row.pop("Country Code"), row.pop("Indicator Code")): list(row.values()) for row in csv.DictReader(file)
        }


def _in_tables(folder: Path) -> set[str]:
    return {indicator for _, indicator in _values(folder)}


def _added(folder: Path) -> dict[str, set[float]]:
    """Indicator → what its values in the tables have more than those first published."""
    added: dict[str, set[float]] = {}
    for (country, indicator), row in _values(folder).items():
        for year, value in zip(range(2000, 2003), row, strict=True):
            first = published_value(indicator.removeprefix("wdi-"), country, year)
            added.setdefault(indicator, set()).add(round(float(value) - (first or 0), 6))
    return added


def _all_added(number: float) -> dict[str, set[float]]:
    return {f"wdi-{code}": {number} for code in INDICATORS if code != EMPTY}


@pytest.mark.parametrize("message", [ARCHIVED, INVALID, {"value": ARCHIVED["value"]}])
def test_an_archived_indicator_is_left_out_and_the_next_import_is_fresh(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank, message: Message
) -> None:
    world_bank.messages = {LOST: message}
    result = import_wdi("--all", *YEARS)
    assert result.code == 0
    assert f"refused: wdi-{LOST}: " in result.err
    assert message["value"] in result.err
    assert "1 of 6 indicators are refused by the source and left out" in result.err
    assert not (tmp_path / "wdi" / ".parts").exists()
    assert f"wdi-{LOST}" not in _in_tables(tmp_path / "wdi")
    # The date stays: nothing but the answers may say that the values are others.
    world_bank.update(world_bank.lastupdated, 5000)
    result = import_wdi("--all", *YEARS)
    assert (result.code, "kept from" in result.out) == (0, False)
    assert _added(tmp_path / "wdi") == {
        code: added for code, added in _all_added(5000).items() if code != f"wdi-{LOST}"
    }


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_listed_indicator_without_a_file_is_left_out(
    import_sids: Run, sids: PlayedSidsApi, tmp_path: Path, status: int
) -> None:
    respond = sids.server.respond
    sids.server.respond = lambda path, query: (
        Answer(status=status) if path == sids.path("hdr-2") else respond(path, query)
    )
    for value in (1.0, 2.0):
        for code in ("hdr-1", "hdr-3"):
            sids.texts[code] = file_text(code, {"2000": {"FJI": value}})
        result = import_sids()
        assert result.code == 0
        assert "refused: hdr-2: " in result.err
        assert f"the server answers {status}" in result.err
        assert "1 of 3 indicators are refused by the source and left out" in result.err
        assert not (tmp_path / "sids" / ".parts").exists()
        assert _values(tmp_path / "sids") == {("FJI", "hdr-1"): [str(value)], ("FJI", "hdr-3"): [str(value)]}


def test_an_answer_that_cannot_be_read_fails_and_keeps_nothing(
    import_sids: Run, sids: PlayedSidsApi, tmp_path: Path
) -> None:
    sids.texts["hdr-2"] = file_text("another", {})
    result = import_sids()
    assert result.code == 1
    assert "missing: hdr-2: " in result.err
    assert "1 of 3 indicators are missing, since their answers cannot be read" in result.err
    assert not (tmp_path / "sids" / ".parts").exists()
    assert _in_tables(tmp_path / "sids") == {"hdr-1", "hdr-3"}


def test_if_all_are_refused_the_old_tables_stay(import_sids: Run, sids: PlayedSidsApi, tmp_path: Path) -> None:
    assert import_sids().code == 0
    sids.texts = {"hdr-1": file_text("hdr-1", {})}
    result = import_sids()
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "nothing to write (1 indicators without any value, 2 without a usable answer; hdr-2: " in result.err
    assert _in_tables(tmp_path / "sids") == {"hdr-1", "hdr-2", "hdr-3"}
    assert not (tmp_path / "sids" / ".parts").exists()


def test_a_service_that_says_it_is_unavailable_is_no_refusal(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    world_bank.messages = {LOST: UNAVAILABLE, "SP.POP.TOTL": ARCHIVED}
    result = import_wdi("--all", *YEARS)
    assert result.code == 1
    assert f"missing: wdi-{LOST}: " in result.err
    assert "1 of 6 indicators are missing; rerun the command to retry them" in result.err
    assert "refused: wdi-SP.POP.TOTL: " in result.err
    assert list((tmp_path / "wdi").glob(".parts/*/*.json"))


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("lastupdated", ["2025-10-01", "2025-06-01"])
def test_what_was_kept_ends_with_the_next_update(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank, listed: bool, lastupdated: str
) -> None:
    world_bank.listed_lastupdated = listed
    world_bank.messages = {LOST: UNAVAILABLE}
    assert import_wdi("--all", *YEARS).code == 1
    world_bank.update(lastupdated, 5000)
    world_bank.messages = {}
    result = import_wdi("--all", *YEARS)
    assert (result.code, "kept from" in result.out) == (0, False)
    assert _added(tmp_path / "wdi") == _all_added(5000)
    assert "updated meanwhile" not in result.err


def test_an_update_is_seen_even_if_nothing_new_arrives(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    world_bank.messages = {LOST: UNAVAILABLE}
    assert import_wdi("--all", *YEARS).code == 1
    world_bank.update("2025-10-01", 5000)
    assert import_wdi("--all", *YEARS).code == 1
    assert _added(tmp_path / "wdi") == {
        code: added for code, added in _all_added(5000).items() if code != f"wdi-{LOST}"
    }


def test_an_update_during_an_import_is_not_mixed_with_what_was_before(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    respond = world_bank.server.respond

    def answer_once_and_update(path: str, query: Mapping[str, str]) -> Answer:
        answer = respond(path, query)
        if path == world_bank.path("AG.LND.FRST.ZS") and not world_bank.added:
            world_bank.update("2025-10-01", 5000)
        return answer

    world_bank.page_rows = 1000
    world_bank.server.respond = answer_once_and_update
    assert import_wdi("--all", *YEARS).code == 0
    assert world_bank.asked("AG.LND.FRST.ZS") == 2
    assert _added(tmp_path / "wdi") == _all_added(5000)


def test_what_arrived_stays_if_the_source_ends_while_it_is_fetched_anew(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    respond = world_bank.server.respond
    answered: list[str] = []

    def update_and_end(path: str, query: Mapping[str, str]) -> Answer:
        if path in answered:
            return Answer(b"", 500)
        if path.startswith(world_bank.path("")):
            answered.append(path)
            if len(answered) == len(INDICATORS):
                world_bank.update("2025-10-01", 5000)
        return respond(path, query)

    world_bank.page_rows = 1000
    world_bank.server.respond = update_and_end
    result = import_wdi("--all", *YEARS)
    assert result.code == 0
    assert "the source was updated meanwhile" in result.err
    assert len(_in_tables(tmp_path / "wdi")) == len(INDICATORS) - 1


def test_a_source_that_never_agrees_on_its_date_is_reported(
    import_wdi: Run, tmp_path: Path, world_bank: PlayedWorldBank
) -> None:
    head = {"page": 1, "pages": 1, "total": 1, "lastupdated": "2025-06-01"}
    answer = Answer(json.dumps([head, [observation(LOST, "FJI", 2000, 1)]]).encode())
    world_bank.fail(LOST, answer, answer)
    result = import_wdi("--all", *YEARS)
    assert result.code == 0
    assert "the source was updated meanwhile; indicators by its date: 2025-06-01 (1), 2025-07-01 (5)" in result.err
    assert world_bank.asked(LOST) == 2
    assert len(_in_tables(tmp_path / "wdi")) == 5


@pytest.mark.parametrize(("past", "kept"), [(-600, True), (600, False)])
def test_what_was_kept_ends_with_its_age(
    import_sids: Run, sids: PlayedSidsApi, tmp_path: Path, past: int, kept: bool
) -> None:
    sids.broken = {"hdr-2"}
    assert import_sids().code == 1
    fetched = time.time() - LONGEST_KEPT_SECONDS - past
    for part in (tmp_path / "sids").glob(".parts/*/*.json"):
        os.utime(part, (fetched, fetched))
    sids.broken = set()
    for code in sids.texts:
        sids.texts[code] = file_text(code, {"2000": {"FJI": 2}})
    result = import_sids()
    assert (result.code, "(2 kept from an earlier run)" in result.out) == (0, kept)
    values = {code: "1.0" if kept and code != "hdr-2" else "2.0" for code in sids.texts}
    assert _values(tmp_path / "sids") == {("FJI", code): [value] for code, value in values.items()}
    assert not (tmp_path / "sids" / ".parts").exists()
