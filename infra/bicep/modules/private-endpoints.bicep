// Blob, queue and table of the storage accounts inside the network, with names that resolve there.
param location string
param tags object
param networkId string
param subnetId string

@description('Names of the storage accounts.')
param accounts array

var services = [
  'blob'
  'queue'
  'table'
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for service in services: {
  name: 'privatelink.${service}.${environment().suffixes.storage}'
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (service, index) in services: {
  parent: zones[index]
  name: 'network'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: networkId
    }
  }
}]

// One endpoint per pair of account and service.
resource endpoint 'Microsoft.Network/privateEndpoints@2025-07-01' = [for index in range(0, length(accounts) * length(services)): {
  name: 'pe-${accounts[index / length(services)]}-${services[index % length(services)]}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: services[index % length(services)]
        properties: {
          privateLinkServiceId: resourceId('Microsoft.Storage/storageAccounts', accounts[index / length(services)])
          groupIds: [services[index % length(services)]]
        }
      }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-07-01' = [for index in range(0, length(accounts) * length(services)): {
  parent: endpoint[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: services[index % length(services)]
        properties: {
          privateDnsZoneId: zones[index % length(services)].id
        }
      }
    ]
  }
}]
