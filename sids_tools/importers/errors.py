"""Errors of fetching."""

from sids_core.errors import SidsError


class FetchError(SidsError):
    """The source's answer cannot be used; a retry would not help."""

    kind = "fetch_failed"


class RefusedError(FetchError):
    """The source says that it does not have this, or does not give it; that is final."""


class UnreachableError(FetchError):
    """No usable response in several attempts; other requests are likely to fail too."""
