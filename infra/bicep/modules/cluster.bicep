// AKS with workload identity, KEDA, the blob and file drivers, and an autoscaled pool.
param name string
param location string
param tags object
param identityId string
param workspaceId string

@description('Object ids of the groups that administer the cluster.')
param administrators array

@description('Addresses that may reach the API server, in CIDR; empty: every address (still only with a sign-in).')
param authorizedRanges array

@description('Empty: a network created by AKS.')
param subnetId string

@allowed(['Free', 'Standard'])
param tier string
param nodeSize string

@minValue(1)
param minimumNodes int

@minValue(1)
param maximumNodes int

@description('Availability zones, such as 1, 2, 3; empty in a region without zones.')
param zones array

@description('Additional pools, for services that need other machines: [{name, size, minimum, maximum}].')
param extraPools array

resource cluster 'Microsoft.ContainerService/managedClusters@2025-10-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Base'
    tier: tier
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    dnsPrefix: name
    enableRBAC: true
    disableLocalAccounts: true
    aadProfile: {
      managed: true
      enableAzureRBAC: true
      adminGroupObjectIDs: administrators
    }
    apiServerAccessProfile: {
      authorizedIPRanges: authorizedRanges
    }
    autoUpgradeProfile: {
      upgradeChannel: 'patch'
      nodeOSUpgradeChannel: 'NodeImage'
    }
    oidcIssuerProfile: {
      enabled: true
    }
    securityProfile: {
      workloadIdentity: {
        enabled: true
      }
      imageCleaner: {
        enabled: true
        intervalHours: 48
      }
    }
    workloadAutoScalerProfile: {
      keda: {
        enabled: true
      }
    }
    storageProfile: {
      blobCSIDriver: {
        enabled: true
      }
      fileCSIDriver: {
        enabled: true
      }
    }
    addonProfiles: {
      omsagent: {
        enabled: true
        config: {
          logAnalyticsWorkspaceResourceID: workspaceId
          useAADAuth: 'true'
        }
      }
      azurepolicy: {
        enabled: true
      }
    }
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkDataplane: 'cilium'
      networkPolicy: 'cilium'
      loadBalancerSku: 'standard'
    }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        osType: 'Linux'
        osSKU: 'AzureLinux'
        vmSize: nodeSize
        count: minimumNodes
        enableAutoScaling: true
        minCount: minimumNodes
        maxCount: maximumNodes
        maxPods: 60
        availabilityZones: zones
        vnetSubnetID: empty(subnetId) ? null : subnetId
        upgradeSettings: {
          maxSurge: '33%'
        }
      }
    ]
  }
}

// Services select such a pool by the label sids/pool.
@batchSize(1)
resource pools 'Microsoft.ContainerService/managedClusters/agentPools@2025-10-01' = [for pool in extraPools: {
  parent: cluster
  name: pool.name
  properties: {
    mode: 'User'
    osType: 'Linux'
    osSKU: 'AzureLinux'
    vmSize: pool.size
    count: pool.minimum
    enableAutoScaling: true
    minCount: pool.minimum
    maxCount: pool.maximum
    maxPods: 60
    availabilityZones: zones
    vnetSubnetID: empty(subnetId) ? null : subnetId
    nodeLabels: {
      'sids/pool': pool.name
    }
    nodeTaints: ['sids/pool=${pool.name}:NoSchedule']
  }
}]

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: cluster
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'kube-audit-admin'
        enabled: true
      }
      {
        category: 'guard'
        enabled: true
      }
    ]
  }
}

output name string = cluster.name
output issuer string = cluster.properties.oidcIssuerProfile.issuerURL
output kubeletPrincipalId string = cluster.properties.identityProfile.kubeletidentity.objectId
