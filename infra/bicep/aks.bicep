// AKS: the same image as on Functions Premium, scaled by KEDA. Microsoft does not support the Functions host on AKS (docs/security.md).
//   az deployment sub create --location westeurope --template-file infra/bicep/aks.bicep --parameters infra/bicep/aks.dev.parameters.json
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Short name of this deployment; part of every resource name.')
param environmentName string

@minLength(1)
param location string

@description('Object ids of the groups that administer the cluster.')
param administrators array

@description('Addresses that may reach the API server, in CIDR; empty: every address (still only with a sign-in).')
param authorizedRanges array = []

@description('A dedicated network and private endpoints: storage is not reachable from the internet.')
param privateNetwork bool = false

@description('Object id of the person, group or pipeline that uploads datasets.')
param publisherId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
param publisherType string = 'User'

@allowed(['Free', 'Standard'])
param tier string = 'Free'
param nodeSize string = 'Standard_D4s_v5'

@minValue(1)
param minimumNodes int = 1

@minValue(1)
param maximumNodes int = 3
param zones array = []

@description('Additional pools, for services that need other machines: [{name, size, minimum, maximum}].')
param extraPools array = []

@description('The namespaces of the overlays in infra/k8s that run on this cluster.')
param namespaces array = ['sids-ml']

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS'])
param storageSku string = 'Standard_LRS'

@minValue(30)
param logRetentionInDays int = 30
param logDailyQuotaGb int = 1

@description('Who is told when something is wrong: e-mail addresses, separated by commas. Empty: no alerts.')
param alertEmails string = ''

@description('Public address of the service, such as https://sids-ml.example.org, whose /ready is asked from outside. Empty: it is not asked.')
param serviceUrl string = ''

@description('Spend per month, in the currency of the subscription, at which the same people are told. 0: no budget.')
@minValue(0)
param monthlyBudget int = 0

@description('First day of the month in which the budget begins, such as 2027-01-01. It must be the current month or a later one when the budget is created, and stay the same afterwards.')
param budgetStart string = ''

var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}
var emails = split(replace(alertEmails, ' ', ''), ',')
var datasetContainer = 'datasets'
var resultContainer = 'jobs'
var jobQueue = 'sids-jobs'
// KEDA reads the queue's length with the same identity.
var kedaAccount = 'kube-system:keda-operator'
var serviceAccounts = [for namespace in namespaces: '${namespace}:sids-ml']

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: '${abbreviations.identity}${token}'
    location: location
    tags: tags
  }
}

// The cluster's own identity, which places its nodes in the network; not available to the service.
module clusterIdentity 'modules/identity.bicep' = {
  name: 'cluster-identity'
  scope: group
  params: {
    name: '${abbreviations.identity}cluster-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${abbreviations.logAnalytics}${token}'
    componentName: '${abbreviations.applicationInsights}${token}'
    location: location
    tags: tags
    retentionInDays: logRetentionInDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

module hostStorage 'modules/storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: '${abbreviations.storage}host${token}'
    location: location
    tags: tags
    containers: [resultContainer]
    queues: [jobQueue, '${jobQueue}-poison']
    workspaceId: monitoring.outputs.workspaceId
    publicAccess: !privateNetwork
    sku: storageSku
    retentionInDays: 7
    keepVersionsDays: 0
  }
}

module dataStorage 'modules/storage.bicep' = {
  name: 'data-storage'
  scope: group
  params: {
    name: '${abbreviations.storage}data${token}'
    location: location
    tags: tags
    containers: [datasetContainer]
    queues: []
    workspaceId: monitoring.outputs.workspaceId
    publicAccess: !privateNetwork
    sku: storageSku
    retentionInDays: 30
    keepVersionsDays: 90
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    hostStorageName: hostStorage.outputs.name
    dataStorageName: dataStorage.outputs.name
    componentName: monitoring.outputs.componentName
    publisherId: publisherId
    publisherType: publisherType
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.network}${token}'
    location: location
    tags: tags
    appSubnet: 'nodes'
    appPrefix: '10.20.0.0/22'
    delegation: ''
    joiningPrincipalId: clusterIdentity.outputs.principalId
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  name: 'endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    networkId: privateNetwork ? network.outputs.id : ''
    subnetId: privateNetwork ? network.outputs.endpointSubnetId : ''
    accounts: [hostStorage.outputs.name, dataStorage.outputs.name]
  }
}

module cluster 'modules/cluster.bicep' = {
  name: 'cluster'
  scope: group
  params: {
    name: '${abbreviations.kubernetesCluster}${token}'
    location: location
    tags: tags
    identityId: clusterIdentity.outputs.id
    workspaceId: monitoring.outputs.workspaceId
    administrators: administrators
    authorizedRanges: authorizedRanges
    subnetId: privateNetwork ? network.outputs.appSubnetId : ''
    tier: tier
    nodeSize: nodeSize
    minimumNodes: minimumNodes
    maximumNodes: maximumNodes
    zones: zones
    extraPools: extraPools
  }
}

module containerLogs 'modules/container-logs.bicep' = {
  name: 'container-logs'
  scope: group
  params: {
    clusterName: cluster.outputs.name
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    namespaces: namespaces
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  scope: group
  params: {
    name: '${abbreviations.containerRegistry}${token}'
    location: location
    tags: tags
    sku: 'Standard'
    pullers: [cluster.outputs.kubeletPrincipalId]
  }
}

module federation 'modules/federation.bicep' = {
  name: 'federation'
  scope: group
  params: {
    identityName: identity.outputs.name
    issuer: cluster.outputs.issuer
    serviceAccounts: concat(serviceAccounts, [kedaAccount])
  }
}

module alerts 'modules/alerts.bicep' = if (!empty(alertEmails)) {
  name: 'alerts'
  scope: group
  params: {
    name: token
    location: location
    tags: tags
    emails: emails
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    serviceUrl: serviceUrl
    jobQueue: jobQueue
  }
}

module clusterAlerts 'modules/cluster-alerts.bicep' = if (!empty(alertEmails)) {
  name: 'cluster-alerts'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: empty(alertEmails) ? '' : alerts.outputs.actionGroupId
    namespaces: namespaces
  }
}

module budget 'modules/budget.bicep' = if (!empty(alertEmails) && monthlyBudget > 0) {
  name: 'budget'
  scope: group
  params: {
    amount: monthlyBudget
    start: budgetStart
    actionGroupId: empty(alertEmails) ? '' : alerts.outputs.actionGroupId
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_AKS_CLUSTER_NAME string = cluster.outputs.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.loginServer
output IDENTITY_CLIENT_ID string = identity.outputs.clientId
output HOST_STORAGE_NAME string = hostStorage.outputs.name
output DATASET_CONTAINER_URL string = '${dataStorage.outputs.blobEndpoint}${datasetContainer}'
output APPLICATIONINSIGHTS_CONNECTION_STRING string = monitoring.outputs.connectionString
