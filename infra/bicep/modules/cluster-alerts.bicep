// What only a cluster can tell: pods that do not come up, and KEDA not reading the queue. Needs container-logs.bicep.
param location string
param tags object
param workspaceId string
param actionGroupId string

@description('The namespaces of the overlays.')
param namespaces array

var ours = '"${join(namespaces, '", "')}"'
var rules = [
  {
    name: 'pods-restart'
    title: 'Containers of the service restart again and again'
    query: 'KubePodInventory | where Namespace in (${ours}) | summarize Restarts = max(ContainerRestartCount) - min(ContainerRestartCount) by ContainerName | summarize Value = max(Restarts)'
    limit: 3
  }
  {
    name: 'pods-pending'
    title: 'A pod of the service has not started for a quarter of an hour'
    query: 'KubePodInventory | where Namespace in (${ours}) | summarize arg_max(TimeGenerated, PodStatus, PodCreationTimeStamp) by Name | where PodStatus == "Pending" and PodCreationTimeStamp < ago(15m) | summarize Value = count()'
    limit: 0
  }
  {
    name: 'scaler-fails'
    title: 'KEDA cannot read the queue: workers neither start nor stop'
    query: 'KubeEvents | where Namespace in (${ours}) and ObjectKind == "ScaledObject" and Reason in ("KEDAScalerFailed", "ScaledObjectCheckFailed") | summarize Value = count()'
    limit: 3
  }
]

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: rule.name
  location: location
  tags: tags
  properties: {
    displayName: rule.title
    enabled: true
    severity: 2
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
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
      actionGroups: [actionGroupId]
    }
  }
}]
