// Kubernetes service accounts that may act as the service's identity, without a secret.
param identityName string
param issuer string

@description('Service accounts, each <namespace>:<name>.')
param serviceAccounts array

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

// Federated credentials of an identity must be created one at a time.
@batchSize(1)
resource credential 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [for account in serviceAccounts: {
  parent: identity
  name: replace(account, ':', '-')
  properties: {
    issuer: issuer
    subject: 'system:serviceaccount:${account}'
    audiences: ['api://AzureADTokenExchange']
  }
}]
