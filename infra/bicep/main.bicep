// Azure Functions: everything the service needs in one resource group, on one identity, without keys.
//   azd up                                   (docs/deploy-functions.md)
//   az deployment sub create --location westeurope --template-file infra/bicep/main.bicep --parameters infra/bicep/dev.parameters.json
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Short name of this deployment; part of every resource name.')
param environmentName string

@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('flex: package, scales to zero (default). premium: container image, always warm. consumption: package, retiring.')
@allowed(['flex', 'premium', 'consumption'])
param plan string = 'flex'

@description('Premium only, and needed there: the image with its digest, <registry>/<name>@sha256:…')
param image string = ''

@description('A dedicated network and private endpoints: storage is not reachable from the internet. Not on consumption.')
param privateNetwork bool = false

@description('Object id of the person, group or pipeline that uploads datasets; azd fills in the current user.')
param publisherId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
param publisherType string = 'User'

@description('Origins that browsers may call from, separated by commas; empty: those of the SIDS dashboards.')
param allowedOrigins string = ''

@description('The models to serve, separated by commas, or all.')
param modelService string = 'all'

@description('Who is let in: everybody, who has a key of the Functions host, or a token of Entra ID.')
@allowed(['anonymous', 'keys', 'entra'])
param access string = 'anonymous'

@description('What needs the key or token, separated by commas: catalogue, computations, jobs, or models. Empty: everything.')
param accessProtects string = ''

@description('With access entra: the tenant, and the audiences of accepted tokens, separated by commas.')
param entraTenant string = subscription().tenantId
param entraAudience string = ''

@description('With access entra: app roles and scopes of which a token needs one, separated by commas.')
param entraRoles string = 'Sids.Use'

@description('App registration with which the platform itself lets nobody in who has not signed in; empty: it lets all pass.')
param signInClientId string = ''

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@minValue(0)
param alwaysReady int = 0

@description('Per function group: HTTP, and each function of a queue or timer. Some regions take no less than 40.')
@minValue(1)
@maxValue(1000)
param flexMaximumInstances int = 10

@description('What happens to running instances when the package or a setting changes. Recreate ends them at once, with what they run.')
@allowed(['Recreate', 'RollingUpdate'])
param siteUpdateStrategy string = 'RollingUpdate'

@allowed(['EP1', 'EP2', 'EP3'])
param premiumSku string = 'EP1'

@minValue(1)
param premiumMinimumInstances int = 1

@minValue(1)
param premiumMaximumInstances int = 5

@description('Spread over availability zones. Premium needs 3 instances for it, Flex 2 that are always ready.')
param zoneRedundant bool = false

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS'])
param storageSku string = 'Standard_LRS'

@minValue(1)
param runsAtOnce int = 2

@minValue(0)
param runsWaiting int = 24

@minValue(30)
param logRetentionInDays int = 30
param logDailyQuotaGb int = 1

@description('Who is told when something is wrong: e-mail addresses, separated by commas. Empty: no alerts.')
param alertEmails string = ''

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
// A plan of another family cannot replace one in place: each plan has names of its own.
var functionAppName = '${abbreviations.functionApp}${plan}-${token}'
var planName = '${abbreviations.plan}${plan}-${token}'
var deploymentContainer = 'deployment'
var emails = split(replace(alertEmails, ' ', ''), ',')
var datasetContainer = 'datasets'
var resultContainer = 'jobs'
var jobQueue = 'sids-jobs'
var pythonVersion = plan == 'consumption' ? '3.12' : '3.13'
var inNetwork = privateNetwork && plan != 'consumption'
var serviceUrl = 'https://${plan == 'flex' ? flex.outputs.hostName : plan == 'premium' ? premium.outputs.hostName : consumption.outputs.hostName}'

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
    containers: [deploymentContainer, resultContainer]
    queues: [jobQueue, '${jobQueue}-poison']
    workspaceId: monitoring.outputs.workspaceId
    publicAccess: !inNetwork
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
    publicAccess: !inNetwork
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

module registry 'modules/registry.bicep' = if (plan == 'premium') {
  name: 'registry'
  scope: group
  params: {
    name: '${abbreviations.containerRegistry}${token}'
    location: location
    tags: tags
    sku: 'Standard'
    pullers: [identity.outputs.principalId]
  }
}

module network 'modules/network.bicep' = if (inNetwork) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.network}${token}'
    location: location
    tags: tags
    appSubnet: plan == 'flex' ? 'flex' : 'premium'
    appPrefix: plan == 'flex' ? '10.20.0.0/22' : '10.20.4.0/22'
    delegation: plan == 'flex' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
    joiningPrincipalId: ''
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (inNetwork) {
  name: 'endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    networkId: inNetwork ? network.outputs.id : ''
    subnetId: inNetwork ? network.outputs.endpointSubnetId : ''
    accounts: [hostStorage.outputs.name, dataStorage.outputs.name]
  }
}

module settings 'modules/app-settings.bicep' = {
  name: 'settings'
  scope: group
  params: {
    identityClientId: identity.outputs.clientId
    connectionString: monitoring.outputs.connectionString
    hostStorageName: hostStorage.outputs.name
    datasetContainerUrl: '${dataStorage.outputs.blobEndpoint}${datasetContainer}'
    jobsBlobEndpoint: hostStorage.outputs.blobEndpoint
    jobsQueueEndpoint: hostStorage.outputs.queueEndpoint
    jobsContainer: resultContainer
    jobsQueue: jobQueue
    allowedOrigins: allowedOrigins
    modelService: modelService
    runsAtOnce: runsAtOnce
    runsWaiting: runsWaiting
    access: access
    accessProtects: accessProtects
    entraTenant: entraTenant
    entraAudience: entraAudience
    entraRoles: entraRoles
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

module budget 'modules/budget.bicep' = if (!empty(alertEmails) && monthlyBudget > 0) {
  name: 'budget'
  scope: group
  params: {
    amount: monthlyBudget
    start: budgetStart
    actionGroupId: empty(alertEmails) ? '' : alerts.outputs.actionGroupId
  }
}

module flex 'modules/function-flex.bicep' = if (plan == 'flex') {
  name: 'function-flex'
  scope: group
  params: {
    name: functionAppName
    planName: planName
    location: location
    tags: tags
    appSettings: settings.outputs.values
    identityId: identity.outputs.id
    deploymentContainerUrl: '${hostStorage.outputs.blobEndpoint}${deploymentContainer}'
    pythonVersion: pythonVersion
    subnetId: inNetwork ? network.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: flexMaximumInstances
    alwaysReady: alwaysReady
    siteUpdateStrategy: siteUpdateStrategy
    zoneRedundant: zoneRedundant
  }
  // The host reads its storage and package as soon as it starts.
  dependsOn: [roles, endpoints]
}

module premium 'modules/function-premium.bicep' = if (plan == 'premium') {
  name: 'function-premium'
  scope: group
  params: {
    name: functionAppName
    planName: planName
    location: location
    tags: tags
    appSettings: settings.outputs.values
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    image: image
    subnetId: inNetwork ? network.outputs.appSubnetId : ''
    sku: premiumSku
    minimumInstances: premiumMinimumInstances
    maximumInstances: premiumMaximumInstances
    zoneRedundant: zoneRedundant
  }
  dependsOn: [roles, endpoints, registry]
}

module consumption 'modules/function-consumption.bicep' = if (plan == 'consumption') {
  name: 'function-consumption'
  scope: group
  params: {
    name: functionAppName
    planName: planName
    location: location
    tags: tags
    appSettings: settings.outputs.values
    identityId: identity.outputs.id
    pythonVersion: pythonVersion
    packageUrl: '${hostStorage.outputs.blobEndpoint}${deploymentContainer}/functions.zip'
  }
  dependsOn: [roles]
}

module authentication 'modules/authentication.bicep' = if (!empty(signInClientId)) {
  name: 'authentication'
  scope: group
  params: {
    siteName: functionAppName
    tenantId: entraTenant
    clientId: signInClientId
  }
  dependsOn: [flex, premium, consumption]
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = plan == 'flex' ? flex.outputs.name : plan == 'premium' ? premium.outputs.name : consumption.outputs.name
output SERVICE_URL string = serviceUrl
output DATASET_CONTAINER_URL string = '${dataStorage.outputs.blobEndpoint}${datasetContainer}'
output DEPLOYMENT_CONTAINER_URL string = '${hostStorage.outputs.blobEndpoint}${deploymentContainer}'
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = plan == 'premium' ? registry.outputs.loginServer : ''
