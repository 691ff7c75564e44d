"""The `Cache-Status` header (RFC 9211)."""

from collections.abc import Mapping

from sids_service.jobs.executor import CacheStatus

CACHE_NAME = "sids-ml-backend"


def cache_status(status: CacheStatus) -> Mapping[str, str]:
    """The header of RFC 9211 that says where a result came from."""
    return {"Cache-Status": f"{CACHE_NAME}; {status.value}"}
