"""Cross-origin answers, the same on every host: the Fetch standard, https://fetch.spec.whatwg.org/#http-cors-protocol.

The platform's own CORS stays unset, because it would answer preflights before the service sees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# The dashboard sends Access-Control-Allow-Origin as a request header, so that its preflights ask for it.
ALLOWED_HEADERS = "Access-Control-Allow-Origin, Content-Type, Prefer, X-Request-ID"
EXPOSED_HEADERS = "Location, Preference-Applied, Retry-After, Server-Timing, Cache-Status, X-Request-ID"
PREFLIGHT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Cors:
    """Which origins may call from a browser, and the headers that tell it so."""

    origins: frozenset[str]

    @classmethod
    def parse(cls, origins: str) -> "Cors":
        """From a list separated by commas."""
        names = (origin.strip().rstrip("/") for origin in origins.split(","))
        return cls(frozenset(name for name in names if name))

    def headers(self, origin: str | None) -> Mapping[str, str]:
        """Headers of every answer, errors included."""
        if origin not in self.origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": EXPOSED_HEADERS,
        }

    def preflight(self, origin: str | None, method: str) -> Mapping[str, str]:
        """Further headers of the answer to OPTIONS, for an endpoint that takes `method`."""
        methods = f"{method}, OPTIONS"
        if origin not in self.origins:
            return {"Allow": methods}
        return {
            "Allow": methods,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
