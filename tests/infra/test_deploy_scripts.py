"""The scripts of the workflows: what they try, and that they undo what does not work."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.infra.tools import PROJECT

SCRIPTS = PROJECT / ".github" / "scripts"
AZ = """#!/usr/bin/env bash
echo "az $*" >> "$CALLS"
[[ "$*" != *properties.outputs* ]] || cat outputs-of-aks.json
"""
GH = """#!/usr/bin/env bash
echo "gh $*" >> "$CALLS"
case "$*" in *artifacts?name*) echo "$PREVIOUS" ;; *) cat previous-artifact.zip ;; esac
"""
KUBECTL = """#!/usr/bin/env bash
echo "kubectl $*" >> "$CALLS"
case "$*" in kustomize*) ;; *"get --filename"*|*"get deployments"*) echo deployment.apps/http ;; esac
"""
ECHO = '#!/usr/bin/env bash\necho "$(basename "$0") $*" >> "$CALLS"\n'
SMOKE = '#!/usr/bin/env bash\necho "smoke-test $*" >> "$CALLS"\n[[ -e works ]]\n'
OUTPUTS = """{"IDENTITY_CLIENT_ID": {"value": "11111111-2222-3333-4444-555555555555"},
  "HOST_STORAGE_NAME": {"value": "sthost"}, "DATASET_CONTAINER_URL": {"value": "https://stdata.blob.core.windows.net/datasets"},
  "APPLICATIONINSIGHTS_CONNECTION_STRING": {"value": "IngestionEndpoint=https://example.org/"}}"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder as a workflow has it, with stand-ins for what would reach Azure, GitHub or a cluster."""
    shutil.copytree(SCRIPTS, tmp_path / ".github" / "scripts")
    shutil.copytree(PROJECT / "infra" / "k8s", tmp_path / "infra" / "k8s")
    for package in ("sids_core", "sids_service", "sids_tools"):
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "functions.zip").write_text("new")
    with ZipFile(tmp_path / "previous-artifact.zip", "w") as archive:
        archive.writestr("functions.zip", "old")
    (tmp_path / "outputs-of-aks.json").write_text(OUTPUTS)
    (tmp_path / "bin").mkdir()
    programs = {"az": AZ, "gh": GH, "kubectl": KUBECTL, "kubelogin": ECHO, "sudo": ECHO}
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / ".github" / "scripts" / "smoke-test").write_text(SMOKE)
    return tmp_path


def run(place: Path, script: str, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    calls = place / "calls"
    calls.touch()
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    result = subprocess.run(
        [place / ".github" / "scripts" / script],
        cwd=place,
        env={"PATH": path, "CALLS": str(calls), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.returncode, calls.read_text().splitlines()


def functions(place: Path, previous: str) -> tuple[int, list[str]]:
    given = {
        "ENVIRONMENT": "dev", "FUNCTION_NAME": "func-a", "GITHUB_REPOSITORY": "a/b", "PREVIOUS": previous,
        "RESOURCE_GROUP": "rg-a", "SERVICE_URL": "https://a.example",
    }  # fmt: skip
    code, calls = run(place, "deploy-functions", given)
    return code, [call.split("--src ")[-1] if call.startswith("az ") else call.split()[0] for call in calls]


def aks(place: Path) -> tuple[int, list[str]]:
    given = {
        "CLUSTER": "aks-a", "DEPLOYMENT": "sids-ml-aks-dev", "HOST": "a.example", "OVERLAY": "infra/k8s/overlays/dev",
        "IMAGE": f"crbuilt.azurecr.io/sids-ml-backend@sha256:{'ab' * 32}", "REGISTRY": "crother.azurecr.io",
        "RESOURCE_GROUP": "rg-a",
    }  # fmt: skip
    return run(place, "deploy-aks", given)


def test_a_package_that_works_stays(place: Path) -> None:
    (place / "works").touch()
    assert functions(place, "77") == (0, ["gh", "build/functions.zip", "smoke-test"])


def test_a_package_that_does_not_work_is_replaced_by_the_last_good_one(place: Path) -> None:
    code, calls = functions(place, "77")
    assert (code, calls) == (
        1,
        ["gh", "build/functions.zip", "smoke-test", "gh", "previous/functions.zip", "smoke-test"],
    )
    assert (place / "previous" / "functions.zip").read_text() == "old"


def test_without_an_earlier_package_the_failure_is_reported(place: Path) -> None:
    assert functions(place, "") == (1, ["gh", "build/functions.zip", "smoke-test"])


def test_an_image_is_promoted_by_its_digest_and_rolled_out(place: Path) -> None:
    (place / "works").touch()
    code, calls = aks(place)
    assert code == 0
    imported = next(call for call in calls if call.startswith("az acr import"))
    assert f"--name crother --source crbuilt.azurecr.io/sids-ml-backend@sha256:{'ab' * 32}" in imported
    assert "kubectl apply --kustomize infra/k8s/overlays/dev" in calls
    assert not [call for call in calls if "undo" in call]
    kustomization = (place / "infra/k8s/overlays/dev/kustomization.yaml").read_text()
    assert f"newName: crother.azurecr.io/sids-ml-backend\n    digest: sha256:{'ab' * 32}" in kustomization


def test_a_rollout_that_does_not_work_is_undone(place: Path) -> None:
    code, calls = aks(place)
    assert code == 1
    assert calls[-1] == "kubectl --namespace sids-ml-dev rollout undo deployment.apps/http"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_smoke_test_passes_on_a_service_that_works(host: str) -> None:
    result = subprocess.run([SCRIPTS / "smoke-test", host], capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].startswith("rmse ")
