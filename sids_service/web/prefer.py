"""The Prefer header of RFC 7240."""

RESPOND_ASYNC = "respond-async"


def prefers_async(prefer: str | None) -> bool:
    """Whether the client would rather have a job than wait for the answer."""
    preferences = (prefer or "").lower().split(",")
    return any(preference.partition(";")[0].strip() == RESPOND_ASYNC for preference in preferences)
