// The image's registry: no admin user, no anonymous pull.
@minLength(5)
@maxLength(50)
param name string
param location string
param tags object

@description('Private endpoints and zone redundancy need Premium.')
@allowed(['Basic', 'Standard', 'Premium'])
param sku string

@description('Principals that pull the image.')
param pullers array

var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
  }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for principal in pullers: {
  name: guid(registry.id, principal, acrPull)
  scope: registry
  properties: {
    principalId: principal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
  }
}]

output name string = registry.name
output loginServer string = registry.properties.loginServer
