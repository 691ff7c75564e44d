"""The platform's own worker library loads this app and runs every function of it.

The library needs Python 3.13, so it gets an environment of its own, kept under .cache until the requirements change.
"""

import hashlib
import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.calls import as_json, served
from tests.local_host import PROJECT
from tests.otlp_receiver import receiving

WORKER = PROJECT / "tests" / "service" / "worker"
REQUIREMENTS = (PROJECT / "requirements.txt", WORKER / "requirements.txt")
CACHE = PROJECT / ".cache"


@pytest.fixture(scope="module")
def worker_python() -> Path:
    base = _python_313()
    if base is None:
        pytest.skip("there is no Python 3.13, which azure-functions-runtime needs")
    key = hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS)).hexdigest()[:16]
    environment = CACHE / f"worker-{key}"
    installed = environment / "installed"
    python = environment / "bin" / "python"
    if not installed.exists():
        subprocess.run([base, "-m", "venv", "--clear", environment], check=True)
        files = [argument for path in REQUIREMENTS for argument in ("--requirement", str(path))]
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--require-hashes", *files], check=True)
        installed.touch()
    return python


@pytest.fixture(scope="module")
def result(worker_python: Path, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    return drive(worker_python, demo_data, tmp_path_factory.mktemp("worker"), as_json())


def drive(
    worker_python: Path, data: Path, cache: Path, calls: list[dict[str, Any]], **environment: str
) -> Mapping[str, Any]:
    driven = subprocess.run(
        [worker_python, WORKER / "driver.py"],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATASET_PATH": str(data),
            "DATASET_CACHE_PATH": str(cache),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert driven.returncode == 0, driven.stderr
    told: Mapping[str, Any] = json.loads(driven.stdout)
    return told


def test_the_worker_indexes_exactly_the_apps_functions(result: Mapping[str, Any]) -> None:
    assert sorted(result["indexed"]) == sorted(result["listed"]) == sorted(call.function for call in served())


def test_the_worker_indexes_the_queue_and_timer_functions(worker_python: Path, demo_data: Path, tmp_path: Path) -> None:
    storage = {
        f"JOBS_STORAGE__{kind}SERVICEURI": f"https://a.{kind.lower()}.core.windows.net" for kind in ("BLOB", "QUEUE")
    }
    result = drive(worker_python, demo_data, tmp_path, [], **storage)
    triggered = {"jobs_run", "jobs_poison", "jobs_expire", "jobs_sweep"}
    assert set(result["indexed"]) == {call.function for call in served()} | triggered


def test_the_host_is_told_which_functions_need_a_key(worker_python: Path, demo_data: Path, tmp_path: Path) -> None:
    levels = drive(worker_python, demo_data, tmp_path, [], ACCESS="keys", ACCESS_PROTECTS="survey")["indexed"]
    assert {name for name, level in levels.items() if level.upper() == "FUNCTION"} == {"survey_clustering"}
    assert {level.upper() for name, level in levels.items() if name != "survey_clustering"} == {"ANONYMOUS"}
    assert "service_options" in levels


def test_the_worker_runs_every_function(result: Mapping[str, Any]) -> None:
    answers = {answer["function"]: answer for answer in result["answers"]}
    for call in served():
        answer = answers[call.function]
        assert answer.get("status") == call.status, answer
        assert answer["headers"]["access-control-allow-origin"] == "http://localhost"
        assert answer["headers"]["x-request-id"] == call.function
        assert answer["body"]


def test_the_trace_of_the_host_goes_on_in_the_worker_without_a_second_request(
    worker_python: Path, demo_data: Path, tmp_path: Path
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    (health,) = [call for call in as_json() if call["function"] == "service_health"]
    health |= {"trace_parent": f"00-{trace}-00f067aa0ba902b7-01"}
    with receiving() as collector:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "PYTHON_ENABLE_OPENTELEMETRY": "true"}
        (answer,) = drive(worker_python, demo_data, tmp_path, [health], **settings)["answers"]
    assert answer["status"] == 200
    (span,) = [span for span in collector.spans() if span["name"] == "GET /health"]
    assert span["kind"] == "SPAN_KIND_INTERNAL"
    assert (b64decode(span["traceId"]).hex(), b64decode(span["parentSpanId"]).hex()) == (trace, "00f067aa0ba902b7")


def test_equal_requests_give_equal_bytes_in_the_worker_and_on_the_development_host(
    result: Mapping[str, Any], host: str
) -> None:
    bodies = {answer["function"]: answer["body"] for answer in result["answers"]}
    for call in served():
        if call.function not in ("service_ready", "twolvlImp_estimate"):  # they tell the time
            answer = httpx.request(call.method, host + call.path, params=dict(call.query), json=call.body, timeout=120)
            assert answer.text == bodies[call.function], call.function


def _python_313() -> str | None:
    found = [shutil.which("python3.13"), *map(str, sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python")))]
    return next((python for python in found if python and _runs(python)), None)


def _runs(python: str) -> bool:
    """A version manager's stand-in may be on the path without the version behind it."""
    return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0
