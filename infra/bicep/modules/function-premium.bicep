// Premium: the container image, always warm instances, a network.
param name string
param planName string
param location string
param tags object
param appSettings object
param identityId string
param identityClientId string

@description('Image with its digest: <registry>/<name>@sha256:… Without one the app would be created and never start.')
@minLength(1)
param image string

@description('Empty: no network integration.')
param subnetId string

@allowed(['EP1', 'EP2', 'EP3'])
param sku string

@minValue(1)
@maxValue(20)
param minimumInstances int

@minValue(1)
@maxValue(100)
param maximumInstances int

@description('Spread over availability zones; needs at least 3 instances.')
param zoneRedundant bool

var container = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'python'
  // Jobs may take longer than in host.json, which holds the limit of Consumption. HTTP requests end after 230 s anyway.
  AzureFunctionsJobHost__functionTimeout: '01:00:00'
  WEBSITES_PORT: '8080'
  WEBSITES_ENABLE_APP_SERVICE_STORAGE: 'false'
}

resource plan 'Microsoft.Web/serverfarms@2025-05-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'elastic'
  sku: {
    tier: 'ElasticPremium'
    name: sku
    capacity: minimumInstances
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
    maximumElasticWorkerCount: maximumInstances
  }
}

resource app 'Microsoft.Web/sites@2025-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux,container'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    outboundVnetRouting: {
      imagePullTraffic: false
    }
    siteConfig: {
      linuxFxVersion: 'DOCKER|${image}'
      acrUseManagedIdentityCreds: true
      acrUserManagedIdentityID: identityClientId
      minimumElasticInstanceCount: minimumInstances
      functionsRuntimeScaleMonitoringEnabled: !empty(subnetId)
      healthCheckPath: '/health'
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: [for setting in items(union(appSettings, container)): {
        name: setting.key
        value: setting.value
      }]
    }
  }
}

resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-05-01' = [for way in ['ftp', 'scm']: {
  parent: app
  name: way
  properties: {
    allow: false
  }
}]

output name string = app.name
output hostName string = app.properties.defaultHostName
