"""What those who deploy need: rights of the pipeline, settings and limits of azd, tools, current actions."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sids_tools.deployment.function_lists import functions_of
from tests.infra.conftest import K8S, Manifests
from tests.infra.tools import PROJECT, run

BICEP = PROJECT / "infra" / "bicep"
# What the role "Azure Kubernetes Service RBAC Writer" lets its holder write: Kubernetes' own kinds within a namespace,
# and no custom resource (Microsoft's list of built-in roles; kubeguard/guard#409, Azure/AKS#2896).
WRITER = frozenset(
    """apps/DaemonSet apps/Deployment apps/ReplicaSet apps/StatefulSet autoscaling/HorizontalPodAutoscaler batch/CronJob
    batch/Job networking.k8s.io/Ingress networking.k8s.io/NetworkPolicy policy/PodDisruptionBudget /ConfigMap
    /PersistentVolumeClaim /Pod /ReplicationController /Secret /Service /ServiceAccount""".split()
)
# An administrator's, who applies an overlay once by hand: what has not changed since is not written again.
ADMINISTRATOR = frozenset(("/Namespace", "/PersistentVolume"))
# Major versions that run on Node 24. GitHub forces older ones onto it, and then ends them.
ACTIONS = {
    "actions/checkout": 6,
    "actions/download-artifact": 7,
    "actions/setup-node": 6,
    "actions/setup-python": 6,
    "actions/upload-artifact": 6,
    "azure/login": 3,
    "docker/build-push-action": 7,
    "docker/setup-buildx-action": 4,
}
PLANS = ("flex", "premium", "consumption")


def read(name: str) -> str:
    return (BICEP / name).read_text(encoding="utf-8")


def parameters(name: str) -> Mapping[str, Any]:
    given: Mapping[str, Any] = json.loads(read(f"{name}.parameters.json"))["parameters"]
    return {key: entry["value"] for key, entry in given.items()}


def uncovered(manifests: Manifests, role: Mapping[str, Any]) -> set[str]:
    """Kinds of an overlay that neither Azure's role nor the role in the namespace lets the pipeline write."""
    ours = {(group, name) for rule in role["rules"] for group in rule["apiGroups"] for name in rule["resources"]}
    found = set()
    for manifest in manifests:
        group, kind = manifest["apiVersion"].rpartition("/")[0], manifest["kind"]
        if f"{group}/{kind}" not in WRITER | ADMINISTRATOR and (group, f"{kind.lower()}s") not in ours:
            found.add(kind)
    return found


def test_the_pipeline_may_write_every_kind_of_an_overlay(manifests: Mapping[str, Manifests]) -> None:
    role = yaml.safe_load((K8S / "pipeline" / "role.yaml").read_text())
    for overlay in manifests.values():
        assert uncovered(overlay, role) == set()
        assert uncovered(overlay, {"rules": []}) == {"ScaledObject", "TriggerAuthentication"}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} >= {"get", "list", "create", "patch"}
    # Whoever applies an overlay may not write roles, so that none belongs there.
    assert uncovered(({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"},), role) == {"Role"}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
def test_the_role_of_the_pipeline_is_one_and_is_bound(tmp_path: Path) -> None:
    assert run("kubernetes-validate", ["-k", "1.36", "--strict", K8S / "pipeline" / "role.yaml"]).returncode == 0
    page = (PROJECT / "docs" / "deploy-aks.md").read_text(encoding="utf-8")
    found = re.search(r"kubectl create rolebinding .*", page)
    assert found is not None
    words = found[0].replace("<object id>", "11111111-2222-3333-4444-555555555555").split()
    bound = subprocess.run([*words, "--dry-run=client", "--output=yaml"], capture_output=True, text=True, check=True)
    binding = yaml.safe_load(bound.stdout)
    role = yaml.safe_load((K8S / "pipeline" / "role.yaml").read_text())
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"][0]["kind"] == "User"
    (tmp_path / "binding.yaml").write_text(bound.stdout)
    assert run("kubernetes-validate", ["-k", "1.36", "--strict", tmp_path / "binding.yaml"]).returncode == 0


def test_azd_can_set_what_the_documentation_says() -> None:
    asked = {value[2:-1].partition("=")[0]: name for name, value in parameters("main").items()}
    assert {
        "PRIVATE_NETWORK", "ALLOWED_ORIGINS", "ALWAYS_READY", "LOG_DAILY_QUOTA_GB", "FUNCTION_PLAN", "FUNCTION_IMAGE",
        "FLEX_MAXIMUM_INSTANCES", "SITE_UPDATE_STRATEGY", "ZONE_REDUNDANT", "ALERT_EMAILS", "MONTHLY_BUDGET",
        "BUDGET_START",
    } <= asked.keys()  # fmt: skip
    pages = "".join(path.read_text(encoding="utf-8") for path in PROJECT.glob("docs/*.md"))
    assert [name for name in asked if not name.startswith("AZURE_") and f"`{name}`" not in pages] == []


def test_the_page_counts_the_groups_that_scale_on_their_own() -> None:
    """HTTP functions scale together, and every other function of a queue or timer by itself."""
    triggers = [function.trigger for function in functions_of("all")]
    groups = 1 + sum(trigger != "httpTrigger" for trigger in triggers)
    costs = (PROJECT / "docs" / "costs.md").read_text(encoding="utf-8")
    assert re.findall(r"There are (\w+) groups here", costs) == [("four", "five", "six")[groups - 4]]


def run_hook(hook: Mapping[str, str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    assert hook["shell"] == "sh"
    return subprocess.run(["sh", "-e", "-c", hook["run"]], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("plan", PLANS)
def test_azd_up_ends_before_it_creates_what_it_cannot_deploy(tmp_path: Path, plan: str) -> None:
    hook = yaml.safe_load((PROJECT / "azure.yaml").read_text())["services"]["api"]["hooks"]["prepackage"]
    (tmp_path / "make").write_text('#!/bin/sh\necho "make $*"\n')
    (tmp_path / "make").chmod(0o755)
    result = run_hook(hook, {"PATH": f"{tmp_path}:/usr/bin:/bin", "FUNCTION_PLAN": plan})
    if plan == "flex":
        assert (result.returncode, result.stdout) == (0, "make explorer\n")
    else:
        assert (result.returncode, result.stdout) == (1, "")
        assert f"to the plan {plan}: use 'azd provision'" in result.stderr


@pytest.mark.parametrize(
    ("environment", "accepted"),
    [
        ({}, True),
        ({"ACCESS": "keys"}, True),
        ({"ACCESS": "entra", "ENTRA_AUDIENCE": "api://one"}, True),
        ({"ACCESS": "entra"}, False),
        ({"ACCESS": "entra", "ENTRA_AUDIENCE": ""}, False),
    ],
)
def test_azd_provisions_no_app_that_would_not_start(environment: Mapping[str, str], accepted: bool) -> None:
    hook = yaml.safe_load((PROJECT / "azure.yaml").read_text())["hooks"]["preprovision"]
    result = run_hook(hook, environment)
    assert (result.returncode == 0) is accepted
    assert ("ENTRA_AUDIENCE" in result.stderr) is not accepted


def outdated(workflow: str) -> list[str]:
    used = re.findall(r"(?m)uses: ([\w./-]+)@\S+ # v(\d+)\.\d+", workflow)
    return [f"{name} v{major}" for name, major in used if int(major) < ACTIONS[name]]


@pytest.mark.parametrize("path", sorted(PROJECT.glob(".github/workflows/*.yml")), ids=lambda path: path.name)
def test_actions_run_on_a_supported_version_of_node(path: Path) -> None:
    text = path.read_text()
    named = re.findall(r"(?m)uses: (?!\./)\S+", text)
    assert len(named) == len(re.findall(r"(?m)uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text))
    assert outdated(text) == []
    if named:
        assert outdated(re.sub(r"# v\d+\.", "# v1.", text))


def unlisted_tools(page: str) -> set[str]:
    """Programs that a page's commands begin with and its list of what is needed leaves out."""
    code = "\n".join(re.findall(r"(?ms)^```\w*\n(.*?)^```$", page))
    needed = page.partition("## What you need")[2].partition("\n## ")[0]
    tools = ("az", "azd", "kubectl", "kubelogin", "helm", "docker", "git", "curl", "python3")
    used = {tool for tool in tools if re.search(rf"(?m)^(\S+=\$\()?{tool} ", code)}
    return {tool for tool in used if f"`{tool}`" not in needed}


@pytest.mark.parametrize(
    ("name", "tool"), [("deploy-aks", "kubelogin"), ("deploy-aks", "helm"), ("deploy-functions", "azd")]
)
def test_every_tool_of_a_page_is_listed_on_it(name: str, tool: str) -> None:
    page = (PROJECT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert unlisted_tools(page) == set()
    assert unlisted_tools(page.replace(f"`{tool}`", tool)) == {tool}
