"""KEDA takes its kinds: the models of its CRDs, and what its scalers read, which the CRDs leave open."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.conftest import Manifests, of_kind
from tests.infra.tools import PROJECT, run

NUMBER = r"[1-9][0-9]*"
# Scaler → its metadata, and its kind of metric where it has a choice; from its documentation.
SCALERS = {
    "cpu": {"value": NUMBER, "metricType": "Utilization|AverageValue"},
    "azure-queue": {
        "accountName": r"[a-z0-9]{3,24}",
        "queueName": r"[a-z0-9](-?[a-z0-9])+",
        "queueLength": NUMBER,
        "queueLengthStrategy": "all|visibleonly",
        "activationQueueLength": r"[0-9]+",
    },
}
# Where something stands → what is wrong there; the fault that is to be found.
BROKEN: Mapping[str, tuple[str, str, str]] = {
    "a misspelt field": ("minReplicaCount: 0", "minReplicas: 0", "spec.minReplicas: no such field"),
    "a number as text": ("cooldownPeriod: 300", "cooldownPeriod: '300'", "spec.cooldownPeriod: Input should be"),
    "a missing field": ("Ref:\n      name: storage", "Ref:\n      kind: A", "Field required"),
    "a field of the scaling": ("stabilizationWindowSeconds", "stabilisationWindowSeconds", "no such field"),
    "a number in metadata": ("queueLength: '1'", "queueLength: 1", "Input should be a valid string"),
    "an unknown provider": ("provider: azure-workload", "provider: azure-worklaod", "spec.podIdentity.provider"),
    "an unknown kind": (
        "kind: TriggerAuthentication",
        "kind: TriggerAuthorisation",
        "has no kind TriggerAuthorisation",
    ),
}


def checked(*paths: Path) -> dict[str, dict[str, list[str]]]:
    result = run("python", ["-m", "tests.infra.keda_check", *paths])
    assert result.returncode == 0, result.stderr[-2000:]
    answer: dict[str, dict[str, list[str]]] = json.loads(result.stdout)
    return answer


def scaler_faults(manifest: Mapping[str, Any]) -> list[str]:
    found = []
    for trigger in manifest["spec"]["triggers"]:
        known = SCALERS[trigger["type"]]
        given = trigger["metadata"] | {name: trigger[name] for name in ("metricType",) if name in trigger}
        found += [f"{trigger['type']}: {name} is missing or not known" for name in known.keys() ^ given.keys()]
        found += [
            f"{trigger['type']}: {name} is {given[name]!r}"
            for name in known.keys() & given.keys()
            if not re.fullmatch(known[name], given[name])
        ]
    return found


def test_keda_takes_its_kinds(overlays: Mapping[str, Path]) -> None:
    for path, answer in checked(*overlays.values()).items():
        assert (path, answer["faults"]) == (path, [])
        assert answer["kinds"] == ["ScaledObject", "TriggerAuthentication"]


def test_what_keda_does_not_take_is_found(overlays: Mapping[str, Path], tmp_path: Path) -> None:
    text = overlays["dev"].read_text()
    right = "---\n".join(
        yaml.safe_dump(each) for each in yaml.safe_load_all(text) if each["apiVersion"].startswith("keda.sh")
    )
    paths: dict[str, Path] = {}
    for case, (old, new, _) in BROKEN.items():
        assert old in right, case
        paths[case] = tmp_path / f"{len(paths)}.yaml"
        paths[case].write_text(right.replace(old, new))
    found = checked(*paths.values())
    for case, (_, _, fault) in BROKEN.items():
        assert any(fault in each for each in found[str(paths[case])]["faults"]), (case, found[str(paths[case])])


def test_scalers_get_what_they_read(manifests: Mapping[str, Manifests]) -> None:
    for overlay in manifests.values():
        assert [fault for each in of_kind(overlay, "ScaledObject") for fault in scaler_faults(each)] == []


@pytest.mark.parametrize(
    ("name", "value"), [("queueLengthStrategy", "some"), ("queueLength", "0"), ("connection", "key")]
)
def test_what_a_scaler_does_not_read_is_found(manifests: Mapping[str, Manifests], name: str, value: str) -> None:
    right = next(m for m in of_kind(manifests["dev"], "ScaledObject") if m["metadata"]["name"] == "worker")
    wrong = json.loads(json.dumps(right))
    wrong["spec"]["triggers"][0]["metadata"][name] = value
    assert scaler_faults(wrong)


def queues_of_bicep(template: str, queue: str) -> set[str]:
    """The queues that a template creates in the account of the jobs, where the jobs' own is called `queue`."""
    module = re.search(r"module hostStorage .*?\n}\n", template, re.DOTALL)
    assert module is not None
    listed = re.search(r"queues: \[(.*)\]", module[0])
    assert listed is not None
    names = [name.strip().strip("'") for name in listed[1].split(",")]
    return {name.replace("${jobQueue}", queue) if "$" in name else queue for name in names if "jobQueue" in name}


def missing_queues(manifests: Mapping[str, Manifests], template: str) -> set[str]:
    """Queues that a scaler watches and nobody creates.

    A scaler fails on a queue that does not exist, and then keeps its deployment from zero (kedacore/keda#6005).
    """
    declared = re.search(r"(?m)^var jobQueue = '(.+)'$", template)
    assert declared is not None
    watched = {
        trigger["metadata"]["queueName"]
        for overlay in manifests.values()
        for each in of_kind(overlay, "ScaledObject")
        for trigger in each["spec"]["triggers"]
        if trigger["type"] == "azure-queue"
    }
    assert watched
    return watched - queues_of_bicep(template, declared[1])


@pytest.mark.parametrize("template", ["aks", "main"])
def test_every_queue_that_is_watched_is_created(manifests: Mapping[str, Manifests], template: str) -> None:
    text = (PROJECT / "infra" / "bicep" / f"{template}.bicep").read_text()
    assert missing_queues(manifests, text) == set()
    broken = text.replace("[jobQueue, '${jobQueue}-poison']", "[jobQueue]")
    assert broken != text
    assert missing_queues(manifests, broken) == {"sids-jobs-poison"}
