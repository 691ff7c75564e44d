"""What the templates say is what Azure takes: resources, properties, types and values, by Azure's own packages."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.infra.tools import PROJECT, run

BICEP = PROJECT / "infra" / "bicep"
# What is broken → file, text, what stands there instead, and the fault that is to be found.
BROKEN = {
    "misspelt, of an account": ("storage", "allowSharedKeyAccess", "allowSharedKeys", "property allowSharedKeys"),
    "misspelt, of blobs": ("storage", "isVersioningEnabled", "versioningEnabled", "has no property versioningEnabled"),
    "misspelt, of an app": ("function-flex", "maximumInstanceCount: m", "maxInstances: m", "property maxInstances"),
    "misspelt, in a condition": ("function-flex", "instanceCount: alw", "instances: alw", "property instances"),
    "misspelt, of a cluster": ("cluster", "enableAzureRBAC", "enableAzureRbac", "has no property enableAzureRbac"),
    "misspelt, in a loop": ("private-endpoints", "groupIds", "groupId", "has no property groupId"),
    "misspelt, of an alert": ("alerts", "evaluationFrequency: rule", "frequency: rule", "has no property frequency"),
    "misspelt, of a test": ("alerts", "RetryEnabled", "Retry", "webtests.properties has no property Retry"),
    "misspelt, of a rule": ("container-logs", "dataFlows", "flows", "has no property flows"),
    "outside properties": ("registry", "adminUserEnabled: false\n", "sku: {}\n", "has no property sku"),
    "of an older version": ("function-premium", "outboundVnetRouting: {", "vnetImagePull: {", "property vnetImagePull"),
    "missing, of a kind": ("alerts", "failedLocationCount: 2", "threshold: 2", "failedLocationCount is missing"),
    "a value": ("storage", "'StorageV2'", "'StorageV3'", "kind is 'StorageV3'"),
    "a value, of a cluster": ("cluster", "networkDataplane: 'cilium'", "networkDataplane: 'cillium'", "is 'cillium'"),
    "a value, of a budget": ("budget", "'Monthly'", "'Month'", "timeGrain is 'Month'"),
    "a value, of an alert": ("alerts", "'Maximum'", "'Max'", "timeAggregation is 'Max'"),
    "a value, of a policy": ("storage", "'Lifecycle'", "'Life'", "type is 'Life'"),
    "a value that is allowed": ("function-flex", "'RollingUpdate'])", "'Rolling'])", "type is 'Rolling'"),
    "a value, of a role": ("roles", "'ServicePrincipal'\n", "'Service'\n", "principalType is 'Service'"),
    "any value": ("registry", "@allowed(['Basic', 'Standard', 'Premium'])\n", "", "@allowed should say which"),
    "a kind": ("alerts", "Monitor.WebtestLocation", "Monitor.WebTestLocation", "odata.type is"),
    "missing, of an account": ("storage", "  kind: 'StorageV2'\n", "", "storageAccounts.kind is missing"),
    "missing, of a role": ("roles", "principalId: publisherId\n", "", "principalId is missing"),
    "missing, of a pool": ("cluster", "        name: 'system'\n", "", "Profiles[].name is missing"),
    "missing, of an alert": ("alerts", "    severity: 1\n", "", "metricAlerts.properties.severity is missing"),
    "missing, of a budget": ("budget", "startDate: start", "endDate: start", "timePeriod.startDate is missing"),
    "missing, of people": ("alerts", "      emailAddress: email\n", "", "emailReceivers[].emailAddress is missing"),
    "missing, of a network": ("network", "          priority: 100\n", "", "priority is missing"),
    "a number": ("cluster", "maxPods: 60", "maxPods: '60'", "maxPods is '60', not of type int"),
    "a parameter's type": ("cluster", "minCount: minimumNodes", "minCount: nodeSize", "minCount is of type string"),
    "a truth value": ("function-premium", "httpsOnly: true", "httpsOnly: 'true'", "is 'true', not of type bool"),
    "a list": ("cluster", ": administrators", ": name", "is of type string, not array"),
    "too long": ("alerts", "groupShortName: 'sids-ml'", "groupShortName: 'sids-ml-backend'", "too short or too long"),
    "read-only": ("identity", "  tags: tags\n", "  properties: { clientId: 'x' }\n", "clientId is read-only"),
    "an API version": ("identity", "@2024-11-30", "@2024-11-31", "the models are of 2024-11-30"),
    "a type": ("identity", "userAssignedIdentities@", "userIdentities@", "is no resource that a package describes"),
}  # fmt: skip

# The same for what main.bicep gives its modules.
BROKEN_MODULES = {
    "a value": ("sku: 'Standard'", "sku: 'Standart'", "registry.sku is 'Standart'; allowed: Basic, Premium, Standard"),
    "a value of a parameter": ("['EP1', 'EP2', 'EP3']", "['EP1', 'EP4']", "premium.sku is 'EP4'"),
    "any value": ("@allowed([512, 2048, 4096])\n", "", "flex.instanceMemoryMB may be anything"),
    "a number": ("retentionInDays: 7", "retentionInDays: '7'", "hostStorage.retentionInDays is '7', not of type int"),
    "a list": ("queues: []", "queues: 'sids-jobs'", "dataStorage.queues is 'sids-jobs', not of type array"),
    "a truth value": ("publicAccess: !inNetwork", "publicAccess: location", "publicAccess is of type string, not bool"),
}
# Names that the models leave to whoever writes them; a name that is changed here is looked up there.
OMSAGENT = "ContainerService/managedClusters.properties.addonProfiles.omsagent"
SETTINGS = "Insights/dataCollectionRules.properties.dataSources.extensions[].extensionSettings.dataCollectionSettings"
FREE = {
    "Consumption/budgets.properties.notifications.expected": "our name",
    "Consumption/budgets.properties.notifications.mostSpent": "our name",
    "Consumption/budgets.properties.notifications.spent": "our name",
    "ContainerService/managedClusters.identity.userAssignedIdentities.*": "the id of the identity",
    "ContainerService/managedClusters.properties.addonProfiles.azurepolicy": "az aks enable-addons --help",
    "ContainerService/managedClusters/agentPools.properties.nodeLabels.sids/pool": "our label",
    "Resources/resourceGroups.tags.azd-env-name": "azd's documentation",
    "Web/sites.identity.userAssignedIdentities.*": "the id of the identity",
    OMSAGENT: "Microsoft's template for container logs",
    f"{OMSAGENT}.config.logAnalyticsWorkspaceResourceID": "there",
    f"{OMSAGENT}.config.useAADAuth": "there",
    SETTINGS: "there",
    f"{SETTINGS}.enableContainerLogV2": "there",
    f"{SETTINGS}.enableContainerLogV2 =": "there",
    f"{SETTINGS}.interval": "there",
    f"{SETTINGS}.interval =": "there",
    f"{SETTINGS}.namespaceFilteringMode": "there",
    f"{SETTINGS}.namespaceFilteringMode =": "there",
    f"{SETTINGS}.namespaces": "there",
}


def checked(paths: Sequence[Path]) -> Mapping[str, Mapping[str, list[str]]]:
    result = run("python", ["-m", "tests.infra.azure_check", *paths])
    assert result.returncode == 0, result.stderr[-2000:]
    answer: Mapping[str, Mapping[str, list[str]]] = json.loads(result.stdout)
    return answer


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """Case → the faults that are found there. All in one run, since the packages take seconds to import."""
    folder = tmp_path_factory.mktemp("broken")
    paths = {}
    for number, (case, (name, right, wrong, _)) in enumerate(BROKEN.items()):
        paths[case] = folder / f"{number}.bicep"
        text = (BICEP / "modules" / f"{name}.bicep").read_text()
        assert right in text, case
        paths[case].write_text(text.replace(right, wrong))
    found = checked(list(paths.values()))
    return {case: found[str(path)]["faults"] for case, path in paths.items()}


def test_azure_takes_every_resource() -> None:
    paths = sorted(BICEP.rglob("*.bicep"))
    found = checked(paths)
    assert [fault for each in found.values() for fault in each["faults"]] == []
    # Every resource of every file was looked at: what a simple search finds, too.
    for path in paths:
        assert len(found[str(path)]["resources"]) == path.read_text().count("\nresource "), path
    assert len({kind for each in found.values() for kind in each["resources"]}) > 30


@pytest.mark.parametrize("case", BROKEN)
def test_what_azure_does_not_take_is_found(broken: Mapping[str, list[str]], case: str) -> None:
    assert any(BROKEN[case][3] in fault for fault in broken[case]), broken[case]


def test_what_a_module_does_not_take_is_found(tmp_path: Path) -> None:
    (tmp_path / "modules").symlink_to(BICEP / "modules")
    paths = {}
    for case, (right, wrong, _) in BROKEN_MODULES.items():
        paths[case] = tmp_path / f"{case.replace(' ', '-')}.bicep"
        text = (BICEP / "main.bicep").read_text()
        assert right in text, case
        paths[case].write_text(text.replace(right, wrong))
    found = checked(list(paths.values()))
    for case, (_, _, fault) in BROKEN_MODULES.items():
        assert any(fault in each for each in found[str(paths[case])]["faults"]), (case, found[str(paths[case])])


def test_every_property_is_compared() -> None:
    """Each one misspelt, and each literal of another type: what goes unnoticed is named above."""
    result = run("python", ["-m", "tests.infra.azure_unnoticed", *sorted(BICEP.rglob("*.bicep"))])
    assert result.returncode == 0, result.stderr[-2000:]
    answer = json.loads(result.stdout)
    assert set(answer["unnoticed"]) == FREE.keys()
    assert answer["tried"] > 700


def test_a_file_that_is_not_bicep_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "main.bicep"
    shutil.copy(BICEP / "main.bicep", path)
    path.write_text(path.read_text().replace("param location string", "param location string = = 'x'"))
    result = run("python", ["-m", "tests.infra.azure_check", path])
    assert (result.returncode, "main.bicep is not Bicep" in result.stderr) == (1, True)
