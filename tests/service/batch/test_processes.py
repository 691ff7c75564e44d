"""Worker processes: what kills one is given up, and takes nothing else with it."""

import json

import pytest

from sids_service.batch.outcome import Failed, Result
from sids_service.batch.planning import Item
from sids_service.batch.processes import outcomes
from sids_service.batch.records import Planned
from tests.service.batch.deadly import DeadlyHandler, open_handler


def _planned(words: list[str]) -> list[Planned]:
    handler = DeadlyHandler()
    bodies = [json.dumps(word).encode() for word in words]
    return [
        Planned(handler.computation(body).key.digest, Item("d", f"{number}-{word}", 2000), body)
        for number, (word, body) in enumerate(zip(words, bodies, strict=True))
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_kills_its_process_is_given_up_and_the_rest_is_done(workers: int) -> None:
    planned = _planned(["a", "kill", "b", "fail", "c", "d", "e"])
    found = {each.item.target: outcome for each, outcome in outcomes(planned, open_handler, workers)}
    assert found.pop("1-kill") == Failed("Its process was killed twice: out of memory?")
    assert found.pop("3-fail") == Failed("RuntimeError: fail")
    assert sorted(found) == ["0-a", "2-b", "4-c", "5-d", "6-e"]
    assert found["2-b"] == Result(b'{"what":"b"}')
    assert all(isinstance(outcome, Result) for outcome in found.values())
