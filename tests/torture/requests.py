"""Fifty thousand requests, valid and nearly valid: each must be answered as the OpenAPI document says.

The grammar's requests over every endpoint, then schemathesis with all its checks. A request is wrong if its answer is
undocumented, of another shape, or 500; the server must be alive afterwards.
"""

import tempfile
from pathlib import Path

import httpx

from sids_core.panel.demo import write_demo_data
from tests.fuzzing import faults
from tests.grammar import requests
from tests.local_host import running_host
from tests.schemathesis_run import run_schemathesis
from tests.torture.row import Row

REQUESTS = 50_000
EXAMPLES = 100


def attack(seed: int) -> Row:
    """Send everything to one server."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_demo_data(data)
        with running_host(Path(folder), {"DATASET_PATH": str(data)}) as host:
            host.wait_for("Ready: ")
            wrong = faults(host.url, requests(seed, REQUESTS))
            passed, report = run_schemathesis(host.url, seed, EXAMPLES)
            lost = int(host.process.poll() is not None or not httpx.get(f"{host.url}/health").is_success)
    notes = wrong[0][:300] if wrong else "" if passed else report[-300:].replace("\n", " ")
    bad = len(wrong) + (not passed)
    return Row("fuzzed requests", REQUESTS + 1, REQUESTS + 1 - bad - lost, lost=lost, wrong=bad, notes=notes)
