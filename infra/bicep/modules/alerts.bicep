// Who is told, and of what. Log alerts, so that they are the same on Functions and AKS: both write the same tables.
param name string
param location string
param tags object
param workspaceId string
param componentId string
param jobQueue string

@description('E-mail addresses.')
param emails array

@description('Address whose /ready is asked from outside; empty: it is not asked.')
param serviceUrl string

// Each alert counts what it names; it fires if the count is above `limit` in one window.
var rules = [
  {
    name: 'poison-messages'
    title: 'A job could not be run'
    // The write itself: the function jobs_poison drains the queue within seconds, so that its length says little.
    query: 'StorageQueueLogs | where OperationName == "PutMessage" and Uri contains "/${jobQueue}-poison/" and StatusCode startswith "2" | summarize Value = count()'
    limit: 0
    severity: 2
    every: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'server-errors'
    title: 'More than 5 % of the requests are answered 5xx'
    // Without probes, of which a quiet pod on AKS answers 135 in that time: a few people's failures would be no share of these.
    query: 'AppRequests | where not(Url endswith "/health" or Url endswith "/ready") | extend Code = toint(ResultCode) | where Code >= 100 | summarize Failed = sumif(ItemCount, Code >= 500), All = sum(ItemCount) | where All >= 20 | project Value = 100.0 * Failed / All'
    limit: 5
    severity: 2
    every: 'PT5M'
    window: 'PT15M'
  }
  {
    name: 'dataset-age'
    title: 'The dataset has not been found at its source for an hour'
    // Seconds since the source last had the served version; a minute or two while all is well.
    query: 'AppMetrics | where Name == "sids.dataset.age" | summarize Value = max(Max)'
    limit: 3600
    severity: 3
    every: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'log-quota'
    title: 'The daily quota of logs is used up: the other alerts see nothing until tomorrow'
    query: '_LogOperation | where Category =~ "Ingestion" and Detail contains "OverQuota" | summarize Value = count()'
    limit: 0
    severity: 3
    every: 'PT15M'
    window: 'PT30M'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'people-${name}'
  location: 'Global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'sids-ml'
    emailReceivers: [for (email, index) in emails: {
      name: 'person-${index}'
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: rule.name
  location: location
  tags: tags
  properties: {
    displayName: rule.title
    enabled: true
    severity: rule.severity
    scopes: [workspaceId]
    evaluationFrequency: rule.every
    windowSize: rule.window
    autoMitigate: true
    // A table exists from its first row on.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: rule.query
          metricMeasureColumn: 'Value'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: rule.limit
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [people.id]
    }
  }
}]

// Asks every 15 minutes from three places. A service that has scaled to zero starts for it.
resource ready 'Microsoft.Insights/webtests@2022-06-15' = if (!empty(serviceUrl)) {
  name: 'ready-${name}'
  location: location
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource' })
  kind: 'standard'
  properties: {
    Name: 'ready'
    SyntheticMonitorId: 'ready-${name}'
    Kind: 'standard'
    Enabled: true
    Frequency: 900
    Timeout: 120
    RetryEnabled: true
    Locations: [
      {
        Id: 'emea-nl-ams-azr'
      }
      {
        Id: 'us-va-ash-azr'
      }
      {
        Id: 'apac-sg-sin-azr'
      }
    ]
    Request: {
      RequestUrl: '${serviceUrl}/ready'
      HttpVerb: 'GET'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 14
    }
  }
}

resource notReady 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(serviceUrl)) {
  name: 'not-ready'
  location: 'global'
  tags: union(tags, { 'hidden-link:${componentId}': 'Resource', 'hidden-link:${ready.id}': 'Resource' })
  properties: {
    description: 'The service is not ready, seen from two places.'
    enabled: true
    severity: 1
    scopes: [ready.id, componentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: ready.id
      componentId: componentId
      failedLocationCount: 2
    }
    actions: [
      {
        actionGroupId: people.id
      }
    ]
  }
}

output actionGroupId string = people.id
