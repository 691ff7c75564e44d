"""The request's id in the answer and in the log, and the timings beside it."""

import asyncio
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sids_service.web.request_ids import mark_log_lines
from tests.function_client import FunctionClient
from tests.service.web.conftest import shop_api

PROJECT = Path(__file__).resolve().parents[3]


def test_a_plain_id_is_taken_over(client: FunctionClient) -> None:
    answer = client.call("GET", "/shop/numbers", headers={"X-Request-ID": "abc-123"})
    assert answer.headers["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("proposed", ["", "x" * 65, "a b", "a\r\nSet-Cookie: b", "%s", "Ä"])
def test_another_id_is_replaced(client: FunctionClient, proposed: str) -> None:
    first, second = (client.call("GET", "/shop/numbers", headers={"X-Request-ID": proposed}) for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first.headers["X-Request-ID"])
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_every_line_of_a_request_has_its_id_once(
    client: FunctionClient, order: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    mark_log_lines()
    with caplog.at_level(logging.INFO):
        answer = client.post("/shop/order", order | {"count": 3})
        logging.getLogger("a.library").warning("outside")
    lines = [record.getMessage() for record in caplog.records]
    prefix = f"[{answer.headers['X-Request-ID']}] "
    assert lines[0] == f"{prefix}packing 3"
    assert re.fullmatch(re.escape(prefix) + r"POST /shop/order 200 \d+\.\d ms", lines[1])
    assert lines[2:] == ["outside"]


def test_timings_by_stage(client: FunctionClient, order: dict[str, Any]) -> None:
    header = client.post("/shop/order", order).headers["Server-Timing"]
    assert re.fullmatch(r"packing-the-box;dur=\d+\.\d, total;dur=\d+\.\d", header)


def test_a_path_cannot_add_lines_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(shop_api()), base_url="http://shop") as client:
            await client.get("/shop/things/1%0A2026-01-01 ERROR forged")

    with caplog.at_level(logging.INFO, "sids_service"):
        asyncio.run(ask())
    assert caplog.records
    assert not [record for record in caplog.records if "\n" in record.getMessage()]


CONTROLS = "a\r\nb\x1b[31m\x00\x7f\x85\u2028\u202e\ud800"
ESCAPED = r"a\r\nb\x1b[31m\x00\x7f\x85\u2028\u202e\ud800"


@pytest.mark.parametrize(
    "log",
    [
        lambda: logging.getLogger("a.library").warning("value %s", CONTROLS),
        lambda: logging.getLogger("a.library").warning("value %(name)s", {"name": CONTROLS}),
        lambda: logging.getLogger("a.library").warning("value " + CONTROLS),
        lambda: logging.getLogger("a.library").warning("value %s", ValueError(CONTROLS)),
    ],
)
def test_a_value_cannot_add_lines_to_the_log(log: Callable[[], None], caplog: pytest.LogCaptureFixture) -> None:
    mark_log_lines()
    log()
    assert [record.getMessage() for record in caplog.records] == [f"value {ESCAPED}"]


def fail(message: str) -> None:
    raise ValueError(message)


def test_neither_can_the_message_of_an_exception(caplog: pytest.LogCaptureFixture) -> None:
    mark_log_lines()
    try:
        fail("x\n2026-01-01 ERROR forged\x1b[2J")
    except ValueError:
        logging.getLogger("a.library").exception("failed")
    first, *rest = logging.Formatter("%(levelname)s %(message)s").format(caplog.records[0]).split("\n")
    assert first == "ERROR failed"
    assert rest[-1] == r"  | 2026-01-01 ERROR forged\x1b[2J"
    assert all(line.startswith("  | ") for line in rest)


def test_a_message_that_cannot_be_formatted_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    mark_log_lines()
    with caplog.at_level(logging.WARNING), pytest.raises(TypeError):
        # pytest's handler raises what others report on stderr
        logging.getLogger("a.library").warning("%d", "text")


def test_every_program_escapes_what_it_logs() -> None:
    programs = {
        "function_app": "import function_app",
        "sids": "from unittest.mock import patch; from sids_tools.commands import app; from sids_tools import cli\n"
        "with patch('sids_tools.commands.app'): cli.run()",
        "batch": "from sids_service.batch.compute import _start; _start()",
    }
    shown = "\nimport logging; logging.getLogger('x').warning('a%sb', chr(10))"
    for name, code in programs.items():
        command = [sys.executable, "-c", code + shown]
        ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
        assert ended.stderr.endswith("a\\nb\n"), (name, ended.stderr)
