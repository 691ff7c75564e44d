"""Policies and linters over everything that is deployed; each finds a fault that is put there."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.infra.tools import PROJECT, run

CONFIG = PROJECT / ".checkov.yaml"
SKIPPED = re.compile(r"(?m)^  - (CKV\w+)(.*)$")
FRAMEWORKS = {"bicep": "infra/bicep", "dockerfile": "Dockerfile", "github_actions": ".github"}


def checkov(framework: str, place: Path) -> tuple[int, str]:
    kind = "--directory" if place.is_dir() else "--file"
    result = run("checkov", ["--config-file", CONFIG, "--framework", framework, kind, place])
    return result.returncode, result.stdout + result.stderr


def passed(report: str) -> int:
    found = re.search(r"Passed checks: (\d+), Failed checks: 0", report)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_policies_hold(framework: str) -> None:
    code, report = checkov(framework, PROJECT / FRAMEWORKS[framework])
    assert code == 0, report
    assert passed(report) > 50, report


def test_policies_hold_for_the_manifests(overlays: Mapping[str, Path]) -> None:
    code, report = checkov("kubernetes", overlays["dev"].parent)
    assert code == 0, report
    assert passed(report) > 500, report


def test_every_policy_that_is_left_out_has_a_reason() -> None:
    for name, rest in SKIPPED.findall(CONFIG.read_text()):
        assert re.match(r" +# \w.{10,}", rest), f"{name} has no reason"


def test_storage_without_https_would_be_found(tmp_path: Path) -> None:
    text = (PROJECT / "infra" / "bicep" / "modules" / "storage.bicep").read_text()
    broken = tmp_path / "storage.bicep"
    broken.write_text(text.replace("supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false"))
    assert broken.read_text() != text
    code, report = checkov("bicep", tmp_path)
    assert (code, "CKV_AZURE_3" in report) == (1, True), report


def test_a_privileged_container_would_be_found(overlays: Mapping[str, Path], tmp_path: Path) -> None:
    broken = overlays["dev"].read_text().replace("allowPrivilegeEscalation: false", "privileged: true")
    (tmp_path / "broken.yaml").write_text(broken)
    code, report = checkov("kubernetes", tmp_path)
    assert (code, "CKV_K8S_16" in report) == (1, True), report


def test_the_dockerfile_has_no_fault() -> None:
    result = run("hadolint", ["--failure-threshold", "info", "Dockerfile"])
    assert (result.returncode, result.stdout) == (0, "")


def test_hadolint_finds_a_floating_base_image() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    result = run("hadolint", ["-"], re.sub(r"(?m)^FROM mcr\S+$", "FROM mcr.microsoft.com/x:latest", text))
    assert result.returncode != 0
    assert "DL3007" in result.stdout


def test_the_workflows_have_no_fault() -> None:
    result = run("actionlint", sorted(PROJECT.glob(".github/workflows/*.yml")))
    assert (result.returncode, result.stdout) == (0, "")


def test_actionlint_finds_an_output_that_no_job_has(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / ".github", tmp_path / ".github")
    workflow = tmp_path / ".github" / "workflows" / "deploy-aks.yml"
    workflow.write_text(workflow.read_text().replace("needs.build.outputs.image", "needs.build.outputs.picture"))
    result = run("actionlint", [workflow])
    assert result.returncode == 1
    assert "picture" in result.stdout
