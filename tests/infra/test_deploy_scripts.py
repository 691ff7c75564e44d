"""The scripts of the workflows: what they try, and that they undo what does not work."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from tests.infra.tools import PROJECT
from tests.issuer import running_issuer
from tests.local_host import running_host

SCRIPTS = PROJECT / ".github" / "scripts"
AZ = """#!/usr/bin/env bash
echo "az $*" >> "$CALLS"
[[ "$*" != *properties.outputs* ]] || cat outputs-of-aks.json
[[ "$*" != *"--query id"* ]] || echo /subscriptions/a/func-a
"""
GH = """#!/usr/bin/env bash
echo "gh $*" >> "$CALLS"
path=${2#repos/a/b/}
case $path in */zip) cat previous-artifact.zip ;; *) path=${path%%\\?*}; cat "api/${path//\\//_}" ;; esac
"""
KUBECTL = """#!/usr/bin/env bash
echo "kubectl $*" >> "$CALLS"
case "$*" in kustomize*) ;; *"get --filename"*|*"get deployments"*) echo deployment.apps/http ;; esac
"""
ECHO = '#!/usr/bin/env bash\necho "$(basename "$0") $*" >> "$CALLS"\n'
SMOKE = '#!/usr/bin/env bash\necho "smoke-test $*" >> "$CALLS"\n[[ -e works ]]\n'
MAIN = "f" * 40
OUTPUTS = """{"IDENTITY_CLIENT_ID": {"value": "11111111-2222-3333-4444-555555555555"},
  "HOST_STORAGE_NAME": {"value": "sthost"}, "DATASET_CONTAINER_URL": {"value": "https://stdata.blob.core.windows.net/datasets"},
  "APPLICATIONINSIGHTS_CONNECTION_STRING": {"value": "IngestionEndpoint=https://example.org/"}}"""


class Earlier:
    """An earlier deployment to dev, as GitHub's API describes its run and artifact; `number` is the artifact's id."""

    def __init__(self, number: int, *, status: str = "ahead", **differences: object) -> None:
        self.status = status
        commit = f"{number:040x}"
        self.run = {
            "id": 1000 + number, "path": ".github/workflows/deploy-functions.yml", "head_branch": "main",
            "head_sha": commit, "event": "workflow_dispatch", "conclusion": "success",
            "created_at": f"2026-01-01T00:00:{number:02}Z", "repository": {"full_name": "a/b"},
            "head_repository": {"full_name": "a/b"},
        }  # fmt: skip
        origin = {
            "id": 1000 + number, "head_sha": commit, "head_branch": "main", "repository_id": 1, "head_repository_id": 1,
        }  # fmt: skip
        self.artifact = {"id": number, "name": "deployed-dev", "expired": False, "workflow_run": origin}
        for name, value in differences.items():
            for where in (self.run, self.artifact, origin):
                if name in where:
                    where[name] = value


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


def functions(place: Path, *earlier: Earlier) -> tuple[int, list[str]]:
    """Exit code, and what was downloaded, deployed and tested, after earlier deployments, the newest last."""
    api = place / "api"
    api.mkdir()
    runs = [each.run for each in earlier]
    (api / "actions_workflows_deploy-functions.yml_runs").write_text(json.dumps({"workflow_runs": runs}))
    (api / "git_ref_heads_main").write_text(json.dumps({"object": {"sha": MAIN}}))
    for each in earlier:
        artifacts = api / f"actions_runs_{each.run['id']}_artifacts"
        artifacts.write_text(json.dumps({"artifacts": [each.artifact]}))
        (api / f"compare_{each.run['head_sha']}...{MAIN}").write_text(json.dumps({"status": each.status}))
    given = {
        "ENVIRONMENT": "dev", "FUNCTION_NAME": "func-a", "GITHUB_REPOSITORY": "a/b",
        "RESOURCE_GROUP": "rg-a", "SERVICE_URL": "https://a.example",
    }  # fmt: skip
    code, calls = run(place, "deploy-functions", given)
    done = [call for call in calls if not call.startswith("gh ") or call.endswith("/zip")]
    return code, [call.split()[-1] if call.startswith(("az ", "gh ")) else call.split()[0] for call in done]


def test_consumption_is_told_of_its_new_package(place: Path) -> None:
    """Without the last call, queues and timers stay unknown to what starts instances."""
    script = place / ".github" / "scripts" / "deploy-consumption"
    given = {
        "DEPLOYMENT_CONTAINER_URL": "https://sthost.blob.core.windows.net/deployment", "FUNCTION_NAME": "func-a",
        "RESOURCE_GROUP": "rg-a",
    }  # fmt: skip
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    environment = {"PATH": path, "CALLS": str(place / "calls"), **given}
    subprocess.run([script, "build/functions.zip"], cwd=place, env=environment, check=True, timeout=60)
    upload, restart, show, sync = (place / "calls").read_text().splitlines()
    assert "deployment/functions.zip --file build/functions.zip" in upload
    assert "--auth-mode login" in upload
    assert restart == "az functionapp restart --resource-group rg-a --name func-a"
    assert show.startswith("az functionapp show")
    assert re.match(r"az rest --method post --url \S+/subscriptions/a/func-a/syncfunctiontriggers\?api-version=", sync)


def aks(place: Path, image: str = f"crbuilt.azurecr.io/sids-ml-backend@sha256:{'ab' * 32}") -> tuple[int, list[str]]:
    given = {
        "CLUSTER": "aks-a", "DEPLOYMENT": "sids-ml-aks-dev", "HOST": "a.example", "OVERLAY": "infra/k8s/overlays/dev",
        "IMAGE": image, "REGISTRY": "crother.azurecr.io",
        "RESOURCE_GROUP": "rg-a",
    }  # fmt: skip
    return run(place, "deploy-aks", given)


def test_a_package_that_works_stays(place: Path) -> None:
    (place / "works").touch()
    assert functions(place, Earlier(7)) == (0, ["build/functions.zip", "smoke-test"])


def test_a_package_that_does_not_work_is_replaced_by_the_last_good_one(place: Path) -> None:
    code, calls = functions(place, Earlier(7), Earlier(8))
    restored = ["repos/a/b/actions/artifacts/8/zip", "previous/functions.zip", "smoke-test"]
    assert (code, calls) == (1, ["build/functions.zip", "smoke-test", *restored])
    assert (place / "previous" / "functions.zip").read_text() == "old"


def test_without_an_earlier_package_the_failure_is_reported(place: Path) -> None:
    assert functions(place) == (1, ["build/functions.zip", "smoke-test"])


@pytest.mark.parametrize(
    "differences",
    [
        {"path": ".github/workflows/ci.yml"},
        {"event": "pull_request"},
        {"head_branch": "topic"},
        {"conclusion": "failure"},
        {"head_repository": {"full_name": "fork/b"}},
        {"head_repository_id": 2},
        {"head_sha": "e" * 39},
        {"status": "diverged"},  # the tag "main", or a commit that was taken back
        {"name": "deployed-production"},
        {"expired": True},
    ],
    ids=lambda differences: next(iter(differences)),
)
def test_only_a_package_that_was_deployed_from_main_is_gone_back_to(
    place: Path, differences: dict[str, object]
) -> None:
    _, calls = functions(place, Earlier(7), Earlier(8, **differences))  # type: ignore[arg-type]
    assert "repos/a/b/actions/artifacts/7/zip" in calls


def test_an_artifact_of_another_commit_than_its_run_is_not_used(place: Path) -> None:
    forged = Earlier(8)
    forged.artifact["workflow_run"] = {**Earlier(9).artifact["workflow_run"], "id": forged.run["id"]}  # type: ignore[dict-item]
    _, calls = functions(place, Earlier(7), forged)
    assert "repos/a/b/actions/artifacts/7/zip" in calls


@pytest.mark.parametrize("image", ["crbuilt.azurecr.io/sids-ml-backend:latest", f"x/other@sha256:{'ab' * 32}", "a b"])
def test_an_image_without_its_digest_is_not_rolled_out(place: Path, image: str) -> None:
    (place / "works").touch()
    code, calls = aks(place, image)
    assert (code, calls) == (1, [])


@pytest.mark.parametrize("name", ["deploy-functions.yml", "deploy-aks.yml"])
def test_production_gets_what_was_built_from_main_only(name: str) -> None:
    jobs = yaml.safe_load((PROJECT / ".github" / "workflows" / name).read_text())["jobs"]
    assert jobs["production"]["if"] == "inputs.production && github.ref == 'refs/heads/main'"


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


def test_the_smoke_test_gets_a_credential_for_a_closed_service(demo_data: Path, tmp_path: Path) -> None:
    az = tmp_path / "az"
    with running_issuer() as issuer:
        az.write_text(f'#!/usr/bin/env bash\n[[ "$*" == *"--scope api://sids/.default "* ]] && echo {issuer.token()}\n')
        az.chmod(0o755)
        settings = {name.upper(): value for name, value in issuer.settings().items()}
        signed_in = {"ACCESS": "entra", "TOKEN_SCOPE": "api://sids/.default"}
        given = {"SERVICE_HEADER": f"Authorization: Bearer {issuer.token()}"}
        with running_host(tmp_path, {"DATASET_PATH": str(demo_data), **settings}) as closed:
            closed.wait_for("Ready: ")
            for variables, works in (({}, False), (signed_in, True), (given, True)):
                result = subprocess.run(
                    [SCRIPTS / "smoke-test", closed.url],
                    env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", **variables},
                    capture_output=True,
                    text=True,
                    timeout=300,
                    check=False,
                )
                assert (result.returncode == 0) is works, result.stderr
