"""Answers that are computed once and kept."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import BaseModel

from sids_core.jobs.result_cache import Key, Outcome
from sids_core.jobs.runs import Runs
from sids_core.web.answers import Answer

CACHE_NAME = "sids-ml-backend"

Result = TypeVar("Result", bound=BaseModel)


def kept(runs: Runs, key: Key, compute: Callable[[], Result]) -> Answer[Result]:
    """The result of a run, with the Cache-Status header of RFC 9211."""
    body, outcome = runs.result(key, compute)
    return Answer(body, headers=cache_status(outcome))


def cache_status(outcome: Outcome) -> Mapping[str, str]:
    """The header that says where a result came from."""
    return {"Cache-Status": f"{CACHE_NAME}; {outcome.value}"}
