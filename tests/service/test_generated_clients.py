"""Clients generated from the OpenAPI document: they compile, and make the README's request."""

import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.infra.tools import PROJECT, installed, run

NODE_PROGRAMS = PROJECT / "node_modules" / ".bin"

TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./api";

const client = createClient<paths>({ baseUrl: process.argv[2] });
const { data, error } = await client.POST("/twolvlImp/predict", {
  body: {
    target_year: "2019", target: "key-wdi-EG.ELC.ACCS.ZS", interpolator: "KNNImputer", scheme: "AFS",
    number_predictor: 10, estimators: 100, model: "etr", interval: "quantile",
  },
});
if (!data || !("indicatorJson" in data)) throw new Error(JSON.stringify(error));
const fiji: number | undefined = data.indicatorJson.data["2019"]?.["FJI"];
const later = await client.POST("/twolvlImp/predict", {
  params: { header: { Prefer: "respond-async" } },
  body: {
    target_year: "2019", target: "key-wdi-EG.ELC.ACCS.ZS", interpolator: "KNNImputer", scheme: "MANUAL",
    manual_predictors: ["wdi-AG.LND.AGRI.K2"], estimators: 10, model: "rfr", interval: "bootstrap",
  },
});
const token = later.response.headers.get("Cancel-Token") ?? "";
const cancelled = await client.POST("/jobs/{id}/cancel", {
  params: { path: { id: (later.data as { id: string }).id }, header: { "Cancel-Token": token } },
});
const forms = await client.GET("/params");
const labels: string[] = forms.data?.flatMap((form) => form.inputs.map((input) => input.label)) ?? [];
const statuses = { status: later.response.status, cancel: cancelled.response.status };
console.log(JSON.stringify({ fiji, ...statuses, labels: labels.length }));
"""

TSCONFIG = """
{
  "compilerOptions": {
    "strict": true, "target": "es2022", "lib": ["es2022", "dom"], "module": "esnext", "moduleResolution": "bundler",
    "types": []
  },
  "include": ["*.ts", "*.mts"]
}
"""

PYTHON = """
import sys
from sids_ml_backend_client import Client
from sids_ml_backend_client.api.jobs import jobs_id_cancel
from sids_ml_backend_client.api.service import service_params
from sids_ml_backend_client.api.two_level_imputation import twolvl_imp_predict
from sids_ml_backend_client.models import JobState, PredictRequest, PredictResponse

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True, timeout=60)
fields = {
    "target_year": "2019", "target": "key-wdi-EG.ELC.ACCS.ZS", "interpolator": "KNNImputer", "scheme": "AFS",
    "number_predictor": 10, "estimators": 100, "model": "etr", "interval": "quantile",
}
answer = twolvl_imp_predict.sync(client=client, body=PredictRequest.from_dict(fields))
assert isinstance(answer, PredictResponse), answer
assert answer.indicator_json.data["2019"]["FJI"] > 0
later = twolvl_imp_predict.sync_detailed(
    client=client, body=PredictRequest.from_dict({**fields, "estimators": 10}), prefer="respond-async"
)
assert isinstance(later.parsed, JobState), later
cancelled = jobs_id_cancel.sync(later.parsed.id, client=client, cancel_token=later.headers["Cancel-Token"])
assert isinstance(cancelled, JobState), cancelled
assert [each.label for form in service_params.sync(client=client) for each in form.inputs]
"""


@pytest.fixture(scope="module")
def document(host: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document of a running host."""
    path = tmp_path_factory.mktemp("openapi") / "openapi.json"
    path.write_bytes(httpx.get(f"{host}/openapi.json").content)
    return path


def node(*command: str | Path) -> str:
    found = subprocess.run([str(part) for part in command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


@pytest.mark.skipif(not shutil.which("node") or not (NODE_PROGRAMS / "tsc").exists(), reason="Node is not installed")
def test_a_typescript_client_compiles_and_asks(host: str, document: Path) -> None:
    folder = document.parent
    (folder / "node_modules").symlink_to(PROJECT / "node_modules")
    node(NODE_PROGRAMS / "openapi-typescript", document, "--output", folder / "api.d.ts")
    (folder / "client.mts").write_text(TYPESCRIPT)
    (folder / "globals.d.ts").write_text("declare const process: { argv: string[] };")
    (folder / "tsconfig.json").write_text(TSCONFIG)
    node(NODE_PROGRAMS / "tsc", "--project", folder)
    answer = node("node", folder / "client.mjs", host)
    assert '"status":202' in answer
    assert '"cancel":200' in answer
    assert '"labels":0' not in answer
    assert '"fiji":' in answer


def test_a_python_client_compiles_and_asks(host: str, document: Path) -> None:
    client = document.parent / "client"
    made = run("openapi-python-client", ["generate", "--path", document, "--output-path", client, "--meta", "none"])
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr
    script = document.parent / "ask.py"
    client.rename(document.parent / "sids_ml_backend_client")
    script.write_text(PYTHON)
    asked = subprocess.run(
        [installed() / "python", "-W", "error", script, host], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
