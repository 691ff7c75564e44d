"""Why something could not be fetched."""

from sids_core.errors import SidsError


class FetchError(SidsError):
    """The source does not give this, however often it is asked."""

    kind = "fetch_failed"


class UnreachableError(FetchError):
    """The source did not answer usefully in several attempts: everything else is likely to fail too."""
