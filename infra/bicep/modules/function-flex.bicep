// Flex Consumption: the zip package, scaled to zero, paid by the second.
param name string
param planName string
param location string
param tags object
param appSettings object
param identityId string
param deploymentContainerUrl string
param pythonVersion string

@description('Empty: no network integration.')
param subnetId string

@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Per function group: HTTP, and each function of a queue or timer. Some regions take no less than 40.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances kept warm for HTTP; with 0 the first request after a pause waits for a cold start.')
param alwaysReady int

@description('Recreate ends running instances, with what they run, whenever the package or a setting changes. RollingUpdate lets them finish.')
@allowed(['Recreate', 'RollingUpdate'])
param siteUpdateStrategy string

@description('Spread over availability zones; needs at least 2 instances that are always ready.')
param zoneRedundant bool

// Jobs may take longer than in host.json, which holds the limit of Consumption. HTTP requests end after 230 s anyway.
var patience = {
  AzureFunctionsJobHost__functionTimeout: '01:00:00'
}

resource plan 'Microsoft.Web/serverfarms@2025-05-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-05-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReady
          }
        ]
        triggers: {
          http: {
            perInstanceConcurrency: 16
          }
        }
      }
      siteUpdateStrategy: {
        type: siteUpdateStrategy
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: [for setting in items(union(appSettings, patience)): {
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
