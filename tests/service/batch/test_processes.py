"""Worker processes: an item that kills its process fails, and no other with it."""

import pytest

from sids_service.batch.compute import Failed, Succeeded, compute_by_processes
from sids_service.batch.plan import BatchItem
from tests.service.batch.deadly import compute, record


@pytest.mark.parametrize("workers", [1, 2])
def test_an_item_that_kills_its_process_fails_and_the_others_are_computed(workers: int) -> None:
    items = [
        BatchItem("d", f"{number}-{word}", 2000, 2000) for number, word in enumerate("a kill b fail c d e".split())
    ]
    outcomes = {item.target: outcome for item, outcome in compute_by_processes(items, compute, workers)}
    assert outcomes.pop("1-kill") == Failed("Its process was killed twice: out of memory?")
    assert outcomes.pop("3-fail") == Failed("RuntimeError: fail")
    assert sorted(outcomes) == ["0-a", "2-b", "4-c", "5-d", "6-e"]
    assert outcomes["2-b"] == Succeeded(record(items[2]))
    assert all(isinstance(outcome, Succeeded) for outcome in outcomes.values())


def test_of_items_that_share_their_predictors_only_the_deadly_one_fails() -> None:
    targets, years = ("0-a", "1-kill@2001", "2-b"), (2000, 2001, 2002)
    items = [BatchItem("d", target, year, 2001) for target in targets for year in years]
    outcomes = dict(compute_by_processes(items, compute, 2))
    assert set(outcomes) == set(items)
    (failed,) = [item for item, outcome in outcomes.items() if not isinstance(outcome, Succeeded)]
    assert (failed.target, failed.year) == ("1-kill@2001", 2001)
