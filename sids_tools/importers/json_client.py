"""JSON over HTTP with retries."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from sids_service.errors import ConfigurationError
from sids_tools.importers.errors import FetchError, RefusedError, UnreachableError
from sids_tools.importers.json_text import parse_json

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 1.0, 60.0
LONGEST_RETRY_AFTER_SECONDS = 300.0
"""Longest accepted Retry-After in seconds; beyond it the request fails, and the command can be repeated later."""
ATTEMPTS = 6
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0


class _TransientError(UnreachableError):
    """To be retried, after at least `pause` seconds."""

    def __init__(self, message: str, pause: float = 0.0) -> None:
        super().__init__(message)
        self.pause = pause


class JsonClient:
    """A client of one base URL; may be shared by threads.

    Missing, truncated and non-JSON responses, 408, 429 and 5xx are retried after the pause given by `Retry-After`, else
    after a random one that grows exponentially from `backoff_seconds`. Closing it ends the pauses and attempts of other
    threads.
    """

    def __init__(self, base_url: str, *, backoff_seconds: float = BACKOFF_SECONDS, attempts: int = ATTEMPTS) -> None:
        """Makes no connection yet; raises ConfigurationError for a URL that is not HTTP."""
        import httpx
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
        from tenacity.nap import sleep_using_event
        from tenacity.stop import stop_when_event_set

        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ConfigurationError(f"{base_url!r} is not a URL of the form https://host/path")
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"User-Agent": "sids-ml-backend data import"},
            follow_redirects=True,
        )
        self._closed = Event()
        self._backoff = wait_random_exponential(multiplier=backoff_seconds, max=LONGEST_BACKOFF_SECONDS)
        self._retrying = Retrying(
            stop=stop_after_attempt(attempts) | stop_when_event_set(self._closed),
            wait=self._pause,
            retry=retry_if_exception_type(_TransientError),
            sleep=sleep_using_event(self._closed),
            reraise=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._http.close()

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """The parsed response.

        Raises:
            RefusedError: the server rejects the request (4xx).
            FetchError: the answer is neither that nor a success, or the address leads nowhere.
            UnreachableError: no attempt gave a usable response; the message is that of the last one.
        """
        return self._retrying.copy()(self._ask, f"{self.base_url}/{path}", dict(parameters or {}))

    def _ask(self, url: str, parameters: Mapping[str, str]) -> Any:
        import httpx

        try:
            response = self._http.get(url, params=dict(parameters))
        except httpx.TransportError as error:
            raise _TransientError(f"{url}: {str(error) or type(error).__name__}") from error
        except (httpx.InvalidURL, httpx.TooManyRedirects, httpx.DecodingError) as error:
            raise FetchError(f"{url}: {error}") from error
        if response.status_code in {408, 429} or response.status_code >= 500:
            raise self._busy(response, url)
        if response.status_code != 200:
            kind = RefusedError if response.is_client_error else FetchError
            raise kind(f"{url}: the server answers {response.status_code} {response.reason_phrase}")
        try:
            return parse_json(response.content)
        except ValueError as error:
            raise _TransientError(f"{url}: the answer is not JSON ({error})") from error

    def _busy(self, response: "httpx.Response", url: str) -> UnreachableError:
        answer = f"{url}: the server answers {response.status_code} {response.reason_phrase}"
        pause = retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
        if pause > LONGEST_RETRY_AFTER_SECONDS:
            return UnreachableError(f"{answer} and asks to retry after {pause:.0f} s")
        return _TransientError(answer, pause)

    def _pause(self, state: "RetryCallState") -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.pause if isinstance(error, _TransientError) else 0.0
        return asked or float(self._backoff(state))


def retry_after(header: str, now: datetime) -> float:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date); 0 if it is neither."""
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0
