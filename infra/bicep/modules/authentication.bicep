// App Service authentication: the platform lets nobody in without a sign-in or a token of the tenant, before the service
// runs. It answers OPTIONS, too, so pages of other origins cannot call; the service's own ACCESS=entra lets them.
param siteName string
param tenantId string

@description('The app registration; it must issue ID tokens, since there is no client secret.')
param clientId string

resource site 'Microsoft.Web/sites@2025-05-01' existing = {
  name: siteName
}

resource authentication 'Microsoft.Web/sites/config@2025-05-01' = {
  // checkov:skip=CKV_AZURE_13:it looks at an older kind of resource; this one sets authentication
  // checkov:skip=CKV_AZURE_63:of the configuration named web, which is part of the app
  // checkov:skip=CKV_AZURE_65:the same
  // checkov:skip=CKV_AZURE_66:the same
  // checkov:skip=CKV_AZURE_80:the same; there is no .NET
  // checkov:skip=CKV_AZURE_88:the same; a file share would need a key
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: true
      // Pages are sent to sign in; programs, which do not ask for HTML, get 401.
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: ['/health', '/ready']
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [clientId, 'api://${clientId}']
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}
