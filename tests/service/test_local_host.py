"""The development host over real HTTP, started as its users start it."""

import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from sids_tools import serve as local_host
from tests.call import Call
from tests.calls import served
from tests.local_host import COMMAND, PROJECT, host_environment, running_host


@pytest.mark.parametrize("call", served(), ids=lambda call: call.function)
def test_every_endpoint_answers(host: str, call: Call) -> None:
    answer = httpx.request(call.method, host + call.path, params=dict(call.query), json=call.body, timeout=120)
    assert answer.status_code == call.status, answer.text
    assert answer.headers["x-request-id"]


def test_unknown_path_and_method(host: str) -> None:
    assert httpx.get(f"{host}/nowhere").status_code == 404
    refused = httpx.post(f"{host}/health")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, OPTIONS"


def test_paths_match_in_any_case_and_with_a_trailing_slash(host: str) -> None:
    assert httpx.get(f"{host}/HEALTH/").status_code == 200


def test_preflight_and_error_carry_cors_headers(host: str) -> None:
    origin = "https://sids-dashboard.github.io"
    preflight = httpx.options(
        f"{host}/params",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "access-control-allow-origin,content-type",
        },
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == origin
    missing = httpx.get(f"{host}/docs/nothing.js", headers={"Origin": origin})
    assert missing.status_code == 404
    assert missing.headers["access-control-allow-origin"] == origin


def test_a_body_over_the_limit_is_refused_with_cors_headers(host: str) -> None:
    answer = httpx.request(
        "GET", f"{host}/health", headers={"Origin": "http://localhost"}, content=b" " * (32 * 2**20 + 1)
    )
    assert answer.status_code == 413
    assert answer.headers["access-control-allow-origin"] == "http://localhost"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_cleanly(demo_data: Path, tmp_path: Path, number: signal.Signals) -> None:
    with running_host(tmp_path, {"DATASET_PATH": str(demo_data)}) as running:
        output = running.wait_for("Docs: ")
        assert running.stop(number) == 0
        assert "Traceback" not in running.output.read_text()
    assert "not for production" in output
    assert str(demo_data) in output
    curl = next(line for line in output.splitlines() if "curl " in line).split("curl ")[1]
    assert curl.startswith("http://localhost:")


def test_without_a_dataset_it_serves_synthetic_demo_data(tmp_path: Path) -> None:
    with running_host(tmp_path, {}) as running:
        assert "Ready: synthetic demo data" in running.wait_for("Docs: ")


@pytest.mark.parametrize(
    ("environment", "code", "reason"),
    [
        ({"DATASET_PATH": "/no/such/folder"}, 2, "/no/such/folder"),
        ({"MODEL_SERVICE": "twolvlimp,nonsense"}, 2, "'nonsense', 'twolvlimp' is unknown; allowed: all, twolvlImp"),
        ({"MAX_BODY_BYTES": "many"}, 2, "MAX_BODY_BYTES: "),
        ({"PORT": "seventy"}, 2, "PORT is 'seventy'"),
    ],
)
def test_wrong_settings_are_one_clear_line(
    demo_data: Path, tmp_path: Path, environment: dict[str, str], code: int, reason: str
) -> None:
    ended = _ended(tmp_path, {"DATASET_PATH": str(demo_data), **environment})
    assert ended.returncode == code
    assert reason in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_a_taken_port_is_one_clear_line(demo_data: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = _ended(tmp_path, {"DATASET_PATH": str(demo_data), "PORT": port})
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"port {port} cannot be used (Address already in use)")
    assert len(ended.stderr.splitlines()) == 1


def _ended(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND,
        cwd=PROJECT,
        env=host_environment(folder, 0, environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_small_answers_are_not_held_back() -> None:
    """asyncio turns Nagle's algorithm off for such sockets only; else each answer on an open connection waits 40 ms."""
    with local_host._listen("0") as listener:
        assert listener.proto == socket.IPPROTO_TCP
