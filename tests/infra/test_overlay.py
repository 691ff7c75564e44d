"""An overlay is filled in from the outputs of a deployment, or left as it was."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.infra.conftest import K8S, Render, containers, of_kind
from tests.infra.tools import PROJECT

IMAGE = f"crdev.azurecr.io/sids-ml-backend@sha256:{'ab' * 32}"
IDENTITY = "11111111-2222-3333-4444-555555555555"
OUTPUTS = {
    "identitY_CLIENT_ID": IDENTITY,  # the platform changes the case of output names
    "HOST_STORAGE_NAME": "sthostabc",
    "DATASET_CONTAINER_URL": "https://stdataabc.blob.core.windows.net/datasets",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=1;IngestionEndpoint=https://example.org/",
}


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    shutil.copytree(K8S, tmp_path / "k8s")
    return tmp_path / "k8s" / "overlays" / "production"


# As the workflow calls it, without installed packages, and as an operator does.
PROGRAMS = {
    "workflow": ("-S", "-m", "sids_tools.deployment.overlay"),
    "operator": ("-m", "sids_tools", "overlay"),
}


def fill_in(
    overlay: Path, outputs: dict[str, str], image: str, host: str, program: str = "workflow"
) -> "subprocess.CompletedProcess[str]":
    file = overlay.parent / "outputs.json"
    file.write_text(json.dumps({name: {"type": "String", "value": value} for name, value in outputs.items()}))
    line = [sys.executable, *PROGRAMS[program], str(overlay), "--outputs", str(file)]
    return subprocess.run(
        [*line, "--image", image, "--host", host], cwd=PROJECT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_outputs_reach_the_manifests(overlay: Path, render: Render, program: str) -> None:
    result = fill_in(overlay, OUTPUTS, IMAGE, "sids.undp.example", program)
    assert (result.returncode, result.stderr) == (0, "")
    manifests = tuple(yaml.safe_load_all(render(overlay)))
    assert {container["image"] for container in containers(manifests)} == {IMAGE}
    ingress = of_kind(manifests, "Ingress")[0]["spec"]
    assert (ingress["rules"][0]["host"], ingress["tls"][0]["hosts"]) == ("sids.undp.example", ["sids.undp.example"])
    assert of_kind(manifests, "TriggerAuthentication")[0]["spec"]["podIdentity"]["identityId"] == IDENTITY
    worker = next(m for m in of_kind(manifests, "ScaledObject") if m["metadata"]["name"] == "worker")
    assert {t["metadata"]["accountName"] for t in worker["spec"]["triggers"]} == {"sthostabc"}
    names = {line.split("=")[0] for line in (overlay / "azure.env").read_text().splitlines() if "=" in line}
    committed = (K8S / "overlays" / "production" / "azure.env").read_text().splitlines()
    assert names == {line.split("=")[0] for line in committed if "=" in line}


@pytest.mark.parametrize(
    ("missing", "image", "host", "reason"),
    [
        ("HOST_STORAGE_NAME", IMAGE, "a.example", "lacks the output HOST_STORAGE_NAME"),
        ("", "crdev.azurecr.io/sids-ml-backend:latest", "a.example", "image 'crdev.azurecr.io/sids-ml-backend:latest'"),
        ("", IMAGE, "https://a.example", "host 'https://a.example'"),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(
    overlay: Path, missing: str, image: str, host: str, reason: str
) -> None:
    before = {path: path.read_text() for path in overlay.iterdir()}
    result = fill_in(overlay, {name: value for name, value in OUTPUTS.items() if name != missing}, image, host)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert reason in result.stderr
    assert {path: path.read_text() for path in overlay.iterdir()} == before


def test_an_output_with_a_line_break_sets_nothing_else(overlay: Path) -> None:
    before = {path: path.read_text() for path in overlay.iterdir()}
    forged = {**OUTPUTS, "HOST_STORAGE_NAME": "sthost\nALLOWED_ORIGINS=*"}
    result = fill_in(overlay, forged, IMAGE, "a.example")
    assert (result.returncode, result.stderr) == (1, "the output HOST_STORAGE_NAME contains a line break\n")
    assert {path: path.read_text() for path in overlay.iterdir()} == before
