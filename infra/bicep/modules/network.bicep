// A dedicated network: one subnet for the app, one for private endpoints.
param name string
param location string
param tags object

@description('Name of the app subnet: another delegation cannot replace one in use, so that each has a subnet of its own.')
param appSubnet string

@description('Addresses of the app subnet, within 10.20.0.0/21.')
param appPrefix string

@description('Delegation of the app subnet: Microsoft.App/environments for Flex Consumption, Microsoft.Web/serverFarms for Premium, empty for AKS nodes.')
param delegation string

@description('Identity of a cluster that may place nodes in the network; empty: none.')
param joiningPrincipalId string

var networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7'

resource guard 'Microsoft.Network/networkSecurityGroups@2025-07-01' = {
  name: '${name}-endpoints'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'app-to-endpoints'
        properties: {
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: '10.20.0.0/21'
          sourcePortRange: '*'
          destinationAddressPrefix: '10.20.8.0/26'
          destinationPortRange: '443'
        }
      }
      {
        name: 'nothing-else'
        properties: {
          access: 'Deny'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource appGuard 'Microsoft.Network/networkSecurityGroups@2025-07-01' = {
  name: '${name}-app'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: ['10.20.0.0/16']
    }
  }
}

resource app 'Microsoft.Network/virtualNetworks/subnets@2025-07-01' = {
  parent: network
  name: appSubnet
  properties: {
    addressPrefix: appPrefix
    networkSecurityGroup: {
      id: appGuard.id
    }
    delegations: empty(delegation) ? [] : [
      {
        name: 'app'
        properties: {
          serviceName: delegation
        }
      }
    ]
  }
}

resource endpoints 'Microsoft.Network/virtualNetworks/subnets@2025-07-01' = {
  parent: network
  name: 'endpoints'
  properties: {
    addressPrefix: '10.20.8.0/26'
    privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
    networkSecurityGroup: {
      id: guard.id
    }
  }
  // Subnets of one network cannot be written concurrently.
  dependsOn: [app]
}

resource join 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(joiningPrincipalId)) {
  name: guid(network.id, joiningPrincipalId, networkContributor)
  scope: network
  properties: {
    principalId: joiningPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}

output id string = network.id
output appSubnetId string = app.id
output endpointSubnetId string = endpoints.id
