"""Five thousand requests of a grammar, and those of schemathesis: each is answered as documented."""

import re
from pathlib import Path

import httpx
import pytest

from tests.fuzzing import faults
from tests.grammar import requests
from tests.local_host import running_host
from tests.schemathesis_run import run_schemathesis

REQUESTS = 6500
EXAMPLES = 15
SEED = 13


def test_requests_of_a_grammar(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    tried = list(requests(SEED, REQUESTS))
    assert len({(request.path, request.body) for request in tried if request.body}) >= 5000
    with running_host(tmp_path_factory.mktemp("fuzz"), {"DATASET_PATH": str(demo_data)}) as host:
        host.wait_for("Ready: ")
        assert faults(host.url, tried) == []
        assert host.process.poll() is None
        assert httpx.get(f"{host.url}/health").json() == {"status": "ok"}
        log = host.output.read_text()
    assert "Traceback" not in log


def test_the_document_against_the_answers(host: str) -> None:
    passed, report = run_schemathesis(host, SEED, EXAMPLES)
    assert passed, report
    cases = re.search(r"(\d+) generated", report)
    assert cases is not None
    assert int(cases[1]) >= 500
    assert httpx.get(f"{host}/health").json() == {"status": "ok"}
