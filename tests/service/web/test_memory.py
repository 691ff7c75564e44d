"""A request takes at most six times its bytes and 50 MB, whatever is sent: over real HTTP, measured on the process."""

import json
import select
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.calls import PREDICT, SURVEY, served
from tests.local_host import RunningHost, running_host

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the peak of a process's memory")

MB = 2**20
ORDINARY, LARGE = MB - 100, 22 * MB
BODY_PATHS = sorted({call.path for call in served() if call.method == "POST" and call.body is not None})
SURVEY_PATH = "/survey/clustering"
WITHOUT_DATA = json.dumps({**{name: SURVEY[name] for name in ("metadata", "factor")}, "max_k": 1})[:-1].encode()


@dataclass(frozen=True)
class Measured:
    host: RunningHost
    client: httpx.Client

    def check(self, path: str, body: bytes) -> httpx.Response:
        """The response, if the peak of memory was within the bound."""
        with self.growth_within(6 * len(body) + 50 * MB):
            response = self.client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert len(response.content) < 10_000 or response.status_code == 200
        return response

    @contextmanager
    def growth_within(self, most: int) -> Iterator[None]:
        before = self._status("VmRSS")
        Path(f"/proc/{self.host.process.pid}/clear_refs").write_text("5")  # begins a new peak
        yield
        grown = self._status("VmHWM") - before
        assert grown <= most, f"{grown / MB:.0f} MB instead of {most / MB:.0f} MB"

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.host.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


@pytest.fixture(scope="module")
def measured(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    settings = {"DATASET_PATH": str(demo_data)}
    with running_host(tmp_path_factory.mktemp("memory"), settings) as host, httpx.Client(timeout=120) as client:
        host.wait_for("Ready: ")
        client.base_url = httpx.URL(host.url)
        for call in served():  # what is loaded when first needed is not the request's
            client.request(call.method, call.path, params=call.query, json=call.body)
        yield Measured(host, client)


def filled(start: bytes, item: bytes, end: bytes, size: int) -> bytes:
    """A body of about this size."""
    return start + item * ((size - len(start) - len(end)) // len(item)) + end


def numbered(start: bytes, item: bytes, end: bytes, size: int) -> bytes:
    """A body of about this size, whose items are different."""
    count = (size - len(start) - len(end)) // (len(item % 0) + 6)
    return start + b",".join(item % number for number in range(count)) + end


def shapes(size: int) -> dict[str, bytes]:
    return {
        "numbers": filled(b"[", b"0,", b"0]", size),
        "lists": filled(b'{"x":[', b"[],", b"0]}", size),
        "objects": filled(b'{"x":[', b'{"":0},', b"0]}", size),
        "floats": filled(b'{"x":[', b"1.5,", b"0]}", size),
        "fields": numbered(b"{", b'"%x":0', b"}", size),
        "equal fields": filled(b"{", b'"a":[],', b'"a":0}', size),
        "nested lists": b"[" * size,
        "nested objects": filled(b"", b'{"a":', b"", size),
        "a text": filled(b'{"target":"', b"x", b'"}', size),
        "a wide text": filled('{"target":"😀'.encode(), b"x", b'"}', size),
        "escapes": filled(b'{"target":"', rb"\u00e9", b'"}', size),
        "a text without an end": filled(b'{"target":"', b',"', b"", size | 1),
        "digits": filled(b'{"target_year":', b"1", b"}", size),
        "spaces": filled(b"{", b" ", b"}", size),
        "UTF-16": ('{"x":"' + "x" * (size // 2 - 20) + '"}').encode("utf-16"),
        "bytes": b"\xff" * size,
    }


def fields(path: str, size: int) -> Iterator[bytes]:
    """Valid bodies but for one field, which is a long list or object."""
    call = next(call for call in served() if call.path == path and call.body)
    for name in call.body or {}:
        others = {other: value for other, value in (call.body or {}).items() if other != name}
        start = json.dumps(others)[:-1].encode() + b"," * bool(others) + b'"%s":' % name.encode()
        for count in (4, 19_900, size):  # within the bound of values, and beyond
            yield filled(start + b"[", b"0,", b"0]}", min(size, len(start) + 2 * count))
        yield numbered(start + b"{", b'"%x":0', b"}}", min(size, 150_000))


@pytest.mark.parametrize("path", BODY_PATHS)
def test_ordinary_bodies_of_any_shape(measured: Measured, path: str) -> None:
    for name, body in shapes(ORDINARY).items():
        assert measured.check(path, body).status_code in {200, 400, 413, 422}, name


@pytest.mark.parametrize("path", BODY_PATHS)
def test_every_field_as_a_long_list(measured: Measured, path: str) -> None:
    for body in fields(path, ORDINARY):
        response = measured.check(path, body)
        assert response.status_code in {200, 422}
        if isinstance(response.json().get("detail"), list):
            assert len(response.json()["detail"]) <= 11


@pytest.mark.parametrize("path", BODY_PATHS)
def test_large_bodies_of_any_shape(measured: Measured, path: str) -> None:
    for name, body in shapes(LARGE if path == SURVEY_PATH else 4 * MB).items():
        assert measured.check(path, body).status_code in {400, 413, 422}, name


def column(item: bytes, count: int) -> bytes:
    return b"[" + item * (count - 1) + item.removesuffix(b",") + b"]"


def survey(**columns: bytes) -> bytes:
    """The survey with these columns besides its two."""
    others = b"".join(b',"%s":%s' % (name.encode(), text) for name, text in columns.items())
    return WITHOUT_DATA + b',"data":{"Main income":["a","b"],"Household size":[1,2]' + others + b"}}"


@pytest.mark.parametrize(
    "body",
    [
        survey(x=column(b"0,", LARGE // 2)),
        survey(x=column(b"[],", LARGE // 3)),
        survey(x=column(b'{"":0},', LARGE // 7)),
        survey(x=column(b'"%s",' % (b"x" * MB), 22)),
        survey(**{f"x{number}": b"[]" for number in range(500_000)}),
        survey(**{f"x{number}": b"0" for number in range(500_000)}),
        survey(**{f"x{number}": b"0" for number in range(3_500)}),
        numbered(survey()[:-2] + b',"x":{', b'"%x":0', b"}}}", LARGE),
        filled(survey()[:-2] + b',"x":["', b"x", b'"]}}', LARGE),
        filled(b'{"data":{},"metadata":{"Question Name":[', b"0,", b"0]}}", LARGE),
        filled(b'{"data":{},"metadata":{"Question Name":[', b"{},", b"0]}}", LARGE),
    ],
    ids=[f"shape {number}" for number in range(11)],
)
def test_hostile_answers(measured: Measured, body: bytes) -> None:
    assert measured.check(SURVEY_PATH, body).status_code in {413, 422}


def two_columns(first: bytes, second: bytes, rows: int) -> bytes:
    """A survey of different answers that is clustered."""
    opening, closing = (b"{", b"}") if b":" in first else (b"[", b"]")
    one, other = (
        opening + b",".join(item % (number, number)[: item.count(b"%")] for number in range(rows)) + closing
        for item in (first, second)
    )
    return WITHOUT_DATA + b',"data":{"Main income":%s,"Household size":%s}}' % (one, other)


@pytest.mark.parametrize(
    "body",
    [
        two_columns(b'"%x"', b'"%d"', 30_000),
        two_columns(b'"row %d":"%x"', b'"row %d":%d', 30_000),
        WITHOUT_DATA + b',"data":{"Main income":%s,"Household size":%s}}' % (2 * (column(b"0,", 199_000),)),
        WITHOUT_DATA + b',"data":{"Main income":["%s"],"Household size":[1]}}' % ("😀" + "x" * (4 * MB - 50)).encode(),
        WITHOUT_DATA
        + b',"data":{"Main income":["%s"],"Household size":[1]}}' % ("😀" + "e\u0301" * (4 * MB // 3 - 50)).encode(),
    ],
    ids=["different texts", "different rows", "equal numbers", "a wide text", "a text to compose"],
)
def test_answers_that_are_clustered(measured: Measured, body: bytes) -> None:
    assert measured.check(SURVEY_PATH, body).status_code == 200


def test_a_real_survey_of_22_megabytes(measured: Measured) -> None:
    texts, numbers = [b'"%s",' % text for text in (b"fishing", b"tourism", b"none")], [b"4.25,", b"1.5,", b"12,"]
    rows = 50_000
    pattern = [0, 1, 2, 0, 0, 1]
    columns = [
        b"".join(kinds[pattern[(row * (question + 1)) % 6]] for row in range(rows))[:-1]
        for question, kinds in enumerate([texts, numbers] * 32)
    ]
    names = [f"q{number}" for number in range(len(columns))]
    metadata = {"Question Name": names, "Type": ["categorical", "continuous"] * 32, "Factor": ["f"] * len(names)}
    data = b",".join(b'"%s":[%s]' % (name.encode(), text) for name, text in zip(names, columns, strict=True))
    body = b'{"metadata":%s,"factor":"f","max_k":2,"data":{%s}}' % (json.dumps(metadata).encode(), data)
    assert len(body) > 21 * MB
    response = measured.check(SURVEY_PATH, body)
    assert response.status_code == 200, response.text
    assert response.json()["clustered_rows"] == rows


def test_unfinished_uploads_together(measured: Measured, eventually: Callable[[Callable[[], bool]], None]) -> None:
    address = (measured.client.base_url.host, measured.client.base_url.port or 80)
    head = f"POST {SURVEY_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {32 * MB}\r\n\r\n".encode()
    with ExitStack() as connections:
        uploads = [connections.enter_context(socket.create_connection(address, timeout=60)) for _ in range(6)]
        with measured.growth_within(2 * 128 * MB + 50 * MB):
            for upload in uploads:  # 24 MB each: the sixth is more than the 128 MB that are held
                with suppress(ConnectionError):  # it may be refused while it is sent
                    upload.sendall(head + b" " * (24 * MB))
            refused, _, _ = select.select(uploads, [], [], 60)
        (answer,) = [upload.recv(1000) for upload in refused]
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 10" in answer.lower()
        assert measured.client.post("/twolvlImp/estimate", json=PREDICT).status_code == 200
    eventually(lambda: measured.client.post(SURVEY_PATH, json=SURVEY).status_code == 200)
