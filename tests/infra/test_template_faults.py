"""Faults of the templates that Azure shows only at or after a deployment, each with a copy in which it is found.

They were read in Azure's samples, in KEDA's source and in the issues of both; what a resource may say at all is
compared in test_azure.py.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.infra.tools import PROJECT

BICEP = PROJECT / "infra" / "bicep"
Files = Mapping[str, str]
BY_HAND = ("dev", "production", "aks.dev", "aks.production")
FLEX = "modules/function-flex.bicep"
PREMIUM = "modules/function-premium.bicep"
LOGS = "modules/container-logs.bicep"
LIMITS = "@minValue(1)\n@maxValue(1000)"
# What is broken → file, text, what stands there instead, and the fault that is to be found.
BROKEN = {
    "no rule for logs": (LOGS, "dataCollectionRules@", "dataCollectionEndpoints@", "no dataCollectionRules of"),
    "no logs in the rule": (LOGS, "  'Microsoft-ContainerLogV2'\n", "", "no dataCollectionRules of"),
    "no association": (LOGS, "RuleAssociations@", "Associations@", "no dataCollectionRuleAssociations of"),
    "another name": (LOGS, "Extension'\n  scope", "'\n  scope", "no dataCollectionRuleAssociations of"),
    "nobody uses the rule": ("aks.bicep", "modules/container-logs.bicep", "modules/logs.bicep", "aks.bicep: no logs"),
    "many instances": ("main.bicep", LIMITS, "@minValue(40)\n@maxValue(1000)", "main.bicep: at least 40 instances"),
    "many instances of the app": (FLEX, LIMITS, "@minValue(40)\n@maxValue(1000)", f"{FLEX}: at least 40 instances"),
    "no strategy": (FLEX, "type: siteUpdateStrategy", "type: 'Recreate'", "an update ends what runs"),
    "that strategy": ("main.bicep", "string = 'RollingUpdate'", "string = 'Recreate'", "an update ends what runs"),
    "one zone": (FLEX, "zoneRedundant: zoneRedundant", "zoneRedundant: false", "one zone"),
    "one zone of storage": ("production.parameters.json", "Standard_ZRS", "Standard_LRS", "storage in one zone"),
    "one instance": ("production.parameters.json", '"value": 2 ', '"value": 1 ', "needs 2 instances"),
    "a name of all plans": ("main.bicep", "functionApp}${plan}-", "functionApp}", "functionAppName is"),
    "a plan of all plans": ("main.bicep", "plan}${plan}-", "plan}", "planName is that of every plan"),
    "a subnet of all plans": ("main.bicep", "'flex' : 'premium'", "'app' : 'app'", "one subnet for two delegations"),
    "no image": (PREMIUM, "@minLength(1)\nparam image", "param image", "an empty image"),
    "an app of azd": (PREMIUM, "  tags: tags\n", "  tags: { 'azd-service-name': 'api' }\n", "azd would deploy to p"),
    "no app of azd": (FLEX, "azd-service-name", "service-name", "azd finds no flex"),
    "nobody publishes": ("aks.dev.parameters.json", '"publisherId"', '"publisher"', "aks.dev: no publisherId"),
    "a user publishes": ("main.parameters.json", "${AZURE_PRINCIPAL_TYPE=User}", "User", "is no User"),
    "another default": ("main.parameters.json", "INSTANCES=10", "INSTANCES=40", "flexMaximumInstances is 40"),
}  # fmt: skip


def faults(files: Files) -> list[str]:
    return [fault for look in (_logs, _flex, _plans, _azd, _parameters) for fault in look(files)]


def _given(files: Files, name: str) -> dict[str, Any]:
    return {key: entry["value"] for key, entry in json.loads(files[f"{name}.parameters.json"])["parameters"].items()}


def _logs(files: Files) -> Iterator[str]:
    """The add-on of a cluster signs in, and sends nothing without a rule that says what, and its association."""
    if "useAADAuth: 'true'" not in files["modules/cluster.bicep"]:
        return
    logs = files[LOGS]
    rule = re.search(r"'Microsoft\.Insights/dataCollectionRules@.*?\n}\n", logs, re.DOTALL)
    if rule is None or "streams: streams" not in rule[0] or "'Microsoft-ContainerLogV2'" not in logs:
        yield "no dataCollectionRules of container logs"
    association = re.search(r"'Microsoft\.Insights/dataCollectionRuleAssociations@.*?\n}\n", logs, re.DOTALL)
    if association is None or not re.search(r"name: 'ContainerInsightsExtension'\n +scope: cluster", association[0]):
        yield "no dataCollectionRuleAssociations of the cluster"
    if f"'{LOGS}'" not in files["aks.bicep"]:
        yield "aks.bicep: no logs"


def _flex(files: Files) -> Iterator[str]:
    for name in ("main.bicep", FLEX):
        for least in re.findall(r"@minValue\((\d+)\)\n@maxValue\(1000\)", files[name]):
            if least != "1":
                yield f"{name}: at least {least} instances"
    default = re.search(r"param siteUpdateStrategy string = '(\w+)'", files["main.bicep"])
    if "type: siteUpdateStrategy" not in files[FLEX] or default is None or default[1] != "RollingUpdate":
        yield "an update ends what runs"
    if "    zoneRedundant: zoneRedundant" not in files[FLEX]:
        yield "one zone"
    production = _given(files, "production")
    if production["zoneRedundant"] and production["alwaysReady"] < 2:
        yield "an app in several zones needs 2 instances that are ready"
    if production["zoneRedundant"] and production["storageSku"] != "Standard_ZRS":
        yield "storage in one zone"


def _plans(files: Files) -> Iterator[str]:
    """Azure turns no app, plan or delegated subnet into one of another plan."""
    main = files["main.bicep"]
    names = dict(re.findall(r"(?m)^var (functionAppName|planName) = (.+)$", main))
    for name in ("functionAppName", "planName"):
        if "${plan}" not in names.get(name, ""):
            yield f"{name} is that of every plan"
    subnet = re.search(r"appSubnet: plan == 'flex' \? '(\w+)' : '(\w+)'", main)
    prefix = re.search(r"appPrefix: plan == 'flex' \? '([\d./]+)' : '([\d./]+)'", main)
    if not (subnet and prefix and subnet[1] != subnet[2] and prefix[1] != prefix[2]):
        yield "one subnet for two delegations"
    if not re.search(r"@minLength\(1\)\nparam image string", files[PREMIUM]):
        yield "an empty image"


def _azd(files: Files) -> Iterator[str]:
    """azd sends a package, which only an app on Flex takes from it."""
    if "'azd-service-name': 'api'" not in files[FLEX]:
        yield "azd finds no flex"
    for plan in ("premium", "consumption"):
        if "azd-service-name" in files[f"modules/function-{plan}.bicep"]:
            yield f"azd would deploy to {plan}"


def _parameters(files: Files) -> Iterator[str]:
    for name in BY_HAND:
        for needed in ("publisherId", "publisherType"):
            if needed not in _given(files, name):
                yield f"{name}: no {needed}"
    azd = _given(files, "main")
    if not azd["publisherType"].startswith("${AZURE_PRINCIPAL_TYPE="):
        yield "a service principal is no User"
    for name, value in azd.items():
        declared = re.search(rf"(?m)^param {name} \w+ = (.+)$", files["main.bicep"])
        _, given, default = value.strip("${}").partition("=")
        if given and declared is not None and declared[1].strip("'") != default:
            yield f"{name} is {default}, in main.bicep {declared[1]}"


@pytest.fixture(scope="module")
def files() -> Files:
    paths = (*BICEP.rglob("*.bicep"), *BICEP.rglob("*.json"))
    return {path.relative_to(BICEP).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_nothing_is_known_to_fail(files: Files) -> None:
    assert faults(files) == []


@pytest.mark.parametrize("case", BROKEN)
def test_what_would_fail_is_found(files: Files, case: str) -> None:
    name, right, wrong, fault = BROKEN[case]
    assert right in files[name]
    found = faults({**files, name: files[name].replace(right, wrong)})
    assert any(fault in each for each in found), found
