"""Errors of fetching."""

from sids_core.errors import SidsError


class FetchError(SidsError):
    """The source rejects this request; a retry would not help."""

    kind = "fetch_failed"


class UnreachableError(FetchError):
    """No usable response in several attempts; other requests are likely to fail too."""
