"""Which model describes each type of resource, and of which API version it is. Run by the Python of the tools."""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

# Type, or type and name where that decides → package and model of the body that creates it.
MODELS = {
    "Microsoft.Authorization/roleAssignments": ("authorization.v2022_04_01", "RoleAssignmentCreateParameters"),
    "Microsoft.Consumption/budgets": ("consumption", "Budget"),
    "Microsoft.ContainerRegistry/registries": ("containerregistry", "Registry"),
    "Microsoft.ContainerService/managedClusters": ("containerservice", "ManagedCluster"),
    "Microsoft.ContainerService/managedClusters/agentPools": ("containerservice", "AgentPool"),
    "Microsoft.Insights/actionGroups": ("monitor.v2023_01_01", "ActionGroupResource"),
    "Microsoft.Insights/components": ("applicationinsights.v2020_02_02", "ApplicationInsightsComponent"),
    "Microsoft.Insights/dataCollectionRuleAssociations": (
        "monitor.v2022_06_01",
        "DataCollectionRuleAssociationProxyOnlyResource",
    ),
    "Microsoft.Insights/dataCollectionRules": ("monitor.v2022_06_01", "DataCollectionRuleResource"),
    "Microsoft.Insights/diagnosticSettings": ("monitor.v2021_05_01_preview", "DiagnosticSettingsResource"),
    "Microsoft.Insights/metricAlerts": ("monitor.v2018_03_01", "MetricAlertResource"),
    "Microsoft.Insights/scheduledQueryRules": ("monitor.v2022_08_01_preview", "ScheduledQueryRuleResource"),
    "Microsoft.Insights/webtests": ("applicationinsights.v2022_06_15", "WebTest"),
    "Microsoft.Insights/workbooks": ("applicationinsights.v2023_06_01", "Workbook"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": ("msi.v2024_11_30", "Identity"),
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": (
        "msi.v2024_11_30",
        "FederatedIdentityCredential",
    ),
    "Microsoft.Network/networkSecurityGroups": ("network", "NetworkSecurityGroup"),
    "Microsoft.Network/privateDnsZones": ("privatedns", "PrivateZone"),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": ("privatedns", "VirtualNetworkLink"),
    "Microsoft.Network/privateEndpoints": ("network", "PrivateEndpoint"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": ("network", "PrivateDnsZoneGroup"),
    "Microsoft.Network/virtualNetworks": ("network", "VirtualNetwork"),
    "Microsoft.Network/virtualNetworks/subnets": ("network", "Subnet"),
    "Microsoft.OperationalInsights/workspaces": ("loganalytics", "Workspace"),
    "Microsoft.Resources/resourceGroups": ("resource.resources", "ResourceGroup"),
    "Microsoft.Storage/storageAccounts": ("storage", "StorageAccountCreateParameters"),
    "Microsoft.Storage/storageAccounts/blobServices": ("storage", "BlobServiceProperties"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": ("storage", "BlobContainer"),
    "Microsoft.Storage/storageAccounts/managementPolicies": ("storage", "ManagementPolicy"),
    "Microsoft.Storage/storageAccounts/queueServices": ("storage", "QueueServiceProperties"),
    "Microsoft.Storage/storageAccounts/queueServices/queues": ("storage", "StorageQueue"),
    "Microsoft.Web/serverfarms": ("web", "AppServicePlan"),
    "Microsoft.Web/sites": ("web", "Site"),
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": ("web", "CsmPublishingCredentialsPoliciesEntity"),
    "Microsoft.Web/sites/config/authsettingsV2": ("web", "SiteAuthSettingsV2"),
}
# Versions of which no package has the models: that of the models that stand in, and why it is not the version itself.
NEAREST = {
    "Microsoft.Insights/scheduledQueryRules@2023-12-01": (
        "2022-08-01-preview",
        "azure-mgmt-monitor 6.0.2 ends there, and later ones have no model of diagnosticSettings",
    ),
}
REQUEST = re.compile(r"(?m)^def build_\w+_request\(")
VERSION = re.compile(r'"api-version", "([\w-]+)"')
ADDRESS = re.compile(r'"(/[^"\s]+/\{?\w+\}?)"')


@cache
def versions(package: str) -> dict[str, str]:
    """Type of resource in small letters → API version with which the package creates it."""
    found: dict[str, str] = {}
    for path in Path(str(import_module(package).__file__)).parent.glob("operations/*_operations.py"):
        for request in REQUEST.split(path.read_text(encoding="utf-8"))[1:]:
            version = VERSION.search(request)
            addresses = ADDRESS.findall(request)
            if version and addresses and 'method="PUT"' in request:
                found[_type(addresses[0])] = version[1]
    return found


def _type(address: str) -> str:
    """.../providers/Microsoft.A/b/{name}/c/{name} → microsoft.a/b/c"""
    before, _, rest = address.lower().rpartition("/providers/")
    parts = rest.strip("/").split("/")
    return "/".join((parts[0], *parts[1::2])) if before else f"microsoft.resources/{parts[-2]}"
