"""Five thousand requests of a grammar: each is answered as documented, and the server lives on."""

from pathlib import Path

import httpx
import pytest

from tests.fuzzing import faults
from tests.grammar import requests
from tests.local_host import running_host

REQUESTS = 6500
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
