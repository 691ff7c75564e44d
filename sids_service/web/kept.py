"""Answers that are computed once and kept: how they say so."""

from collections.abc import Mapping

from sids_service.jobs.result_cache import Outcome

CACHE_NAME = "sids-ml-backend"


def cache_status(outcome: Outcome) -> Mapping[str, str]:
    """The header of RFC 9211 that says where a result came from."""
    return {"Cache-Status": f"{CACHE_NAME}; {outcome.value}"}
