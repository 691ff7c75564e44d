"""Errors of fetching."""

from sids_core.errors import SidsError


class FetchError(SidsError):
    """The source refuses this request; repeating it does not help."""

    kind = "fetch_failed"


class UnreachableError(FetchError):
    """The source gave no usable answer in several attempts: other requests are likely to fail too."""
