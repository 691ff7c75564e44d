"""Requests that are valid or nearly: seeds are the calls of `tests.calls`, mutated by a seeded grammar."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.call import Call
from tests.calls import served

SCALARS = (
    *(None, True, False, 0, -1, 1, 2, 3, 10, 51, 2001, 1899, 2**31, 2**63, -(2**64), 10**30, 0.5, -0.0, 1e308, 5e-324),
    *("", " ", "x", "0", "1", "10", "1.0", "1e3", "-1", "٣", "2001", "02001", "NaN", "Infinity", "null", "true", "key"),
    *(
        "\0",
        "\n",
        "a\r\nb: c",
        "\x1b[31m",
        "\u2028",
        "é",
        "e\u0301",
        "😀",
        "\ufeff",
        "\uffff",
        "x" * 2000,
        "'",
        '"',
        "\\",
    ),
    *("%s", "%n%n", "{}", "{id}", "{0.__class__}", "../../etc/passwd", "..\\..", "/", "a/b", "<b>", "' OR 1=1 --"),
    *("__proto__", "FJI", "fji", "MANUAL", "manual", "PCA", "AFS", "KNNImputer", "linear", "spline", "both", "Economy"),
    *("categorical", "continuous", "GPS latitude", "GPS longitude", "Main income", "Livelihood", "wdi-AG.LND.AGRI.K2"),
)
TOKENS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"01", b"+1", b".5", b"1.", b"1e", b"1e999", b"-", b"'x'", b"undefined"),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"/*x*/",
        b"//",
        b"#",
        b";",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
    ),
    *(
        b'"\\ud800"',
        b'"\\u0000"',
        b'"\\x"',
        b'"\\',
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'"data":',
        b"1" * 5000,
        b"[" * 300,
    ),
    *(b'{"a":' * 300, b"\xef\xbb\xbf", b"\n", b"\t", b"\x0b", b"\xc2\xa0", b"\xe2\x80\xa8"),
)
TYPES = (
    *("application/json", "application/json; charset=utf-8", "application/json; charset=latin-1", "text/plain"),
    *(
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/xml",
        "x",
    ),
)
ORIGINS = ("https://data.undp.org", "https://foreign.example", "null", "[")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and the path of the endpoint as in the OpenAPI document."""

    method: str
    path: str
    template: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def requests(seed: int, count: int) -> Iterator[Request]:
    """The same requests for the same seed, all different; more than nine of ten have a body."""
    rng = Random(seed)  # noqa: S311
    calls = served()
    with_body = [call for call in calls if call.body is not None]
    others = [call for call in calls if call.body is None and (call.query or call.route_params)]
    seen: set[str] = set()
    while len(seen) < count:
        request = Grammar(rng).request(rng.choice(with_body if rng.random() < 0.95 else others))
        if repr(request) not in seen:
            seen.add(repr(request))
            yield request


@dataclass(frozen=True, slots=True)
class Grammar:
    """Mutates calls."""

    rng: Random

    def request(self, call: Call) -> Request:
        """The call with up to three mutations."""
        path, template = call.path, call.path
        for name, value in call.route_params.items():
            template = template.replace(value, f"{{{name}}}")
            if self.rng.random() < 0.7:
                path = path.replace(
                    value, self.rng.choice(("0", "%00", "%ff", "..%5c", "x" * 300, "%F0%9F%98%80", "{}"))
                )
        query = {name: self._text(value) for name, value in call.query.items() if self.rng.random() < 0.95}
        return Request(call.method, path, template, query, self._body(call), self._headers())

    def _body(self, call: Call) -> bytes:
        if call.body is None:
            return b""
        document: Any = json.loads(json.dumps(call.body))
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 3))):
            document = self._changed(document)
        text = json.dumps(document, ensure_ascii=self.rng.random() < 0.5).encode("utf-8", "surrogatepass")
        for _ in range(self.rng.choice((0, 0, 0, 1, 2))):
            text = self._spoilt(text)
        return text

    def _changed(self, value: Any) -> Any:
        """The value with a change somewhere in it."""
        if isinstance(value, dict) and value and self.rng.random() < 0.9:
            return self._changed_object(dict(value))
        if isinstance(value, list) and value and self.rng.random() < 0.7:
            return self._changed_list(list(value))
        return self._any(value)

    def _changed_object(self, value: dict[str, Any]) -> dict[str, Any]:
        name = self.rng.choice(list(value))
        match self.rng.randrange(6):
            case 0:
                del value[name]
            case 1:
                value[self.rng.choice((name.upper(), f"{name} ", "", "x", "\0", "__proto__"))] = value.pop(name)
            case 2:
                value[str(self.rng.choice(SCALARS))] = self._any(None)
            case 3:
                other = self.rng.choice(list(value))
                value[name], value[other] = value[other], value[name]
            case _:
                value[name] = self._changed(value[name])
        return value

    def _changed_list(self, value: list[Any]) -> list[Any]:
        index = self.rng.randrange(len(value))
        match self.rng.randrange(5):
            case 0:
                del value[index]
            case 1:
                value.insert(index, self._any(None))
            case 2:
                value = value * self.rng.choice((2, 10, 100))
            case _:
                value[index] = self._changed(value[index])
        return value

    def _any(self, value: Any) -> Any:
        match self.rng.randrange(12):
            case 0:
                return [value]
            case 1:
                return {"": value}
            case 2:
                return [self.rng.choice(SCALARS) for _ in range(self.rng.randrange(5))]
            case 3:
                return {str(self.rng.choice(SCALARS)): self.rng.choice(SCALARS) for _ in range(self.rng.randrange(4))}
            case 4:
                return [[[[]]], {}, {"": {"": []}}]
            case _:
                return self.rng.choice(SCALARS)

    def _spoilt(self, text: bytes) -> bytes:
        """The text with a change that may leave it no JSON."""
        at = self.rng.randrange(len(text) + 1)
        match self.rng.randrange(8):
            case 0:
                return text[:at]
            case 1:
                return text[:at] + self.rng.randbytes(self.rng.randrange(1, 4)) + text[at + 1 :]
            case 2:
                return text[:at] + text[at + self.rng.randrange(1, 9) :]
            case 3:
                return text.decode(errors="replace").encode(
                    self.rng.choice(("utf-16", "utf-32", "utf-16-le", "utf-8-sig"))
                )
            case 4:
                return text + self.rng.choice((text, b" ", b"\n\n", b"x", b"\0"))
            case 5:
                return text.replace(b"}", b',"target":"x","target":1,"data":{}}', 1)
            case _:
                return text[:at] + self.rng.choice(TOKENS) + text[at:]

    def _text(self, value: str) -> str:
        return str(self.rng.choice(SCALARS)) if self.rng.random() < 0.5 else value

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self.rng.random() < 0.2:
            headers["Content-Type"] = self.rng.choice(TYPES)
        if self.rng.random() < 0.1:
            headers["Origin"] = self.rng.choice(ORIGINS)
        return headers
