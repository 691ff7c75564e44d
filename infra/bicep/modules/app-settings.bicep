// The function app's settings on every plan: those of sids_service/settings.py, and the platform's.
// A test compares the names. Empty values are not set.
param identityClientId string
param connectionString string
param hostStorageName string
param datasetContainerUrl string
param jobsBlobEndpoint string
param jobsQueueEndpoint string
param jobsContainer string
param jobsQueue string
param allowedOrigins string
param modelService string
param runsAtOnce int
param runsWaiting int
param access string
param accessProtects string
param entraTenant string
param entraAudience string
param entraRoles string

var service = {
  DATASET_PATH: ''
  DATASET_CONTAINER_URL: datasetContainerUrl
  DATASET_CONTAINER: ''
  DATASET_CACHE_PATH: ''
  DATASET_REFRESH_SECONDS: '60'
  KEEP_UNKNOWN_COUNTRIES: 'false'
  ALLOWED_ORIGINS: allowedOrigins
  MAX_BODY_BYTES: '33554432'
  MODEL_SERVICE: modelService
  TARGET_MISSING_PERCENT: '80'
  PREDICTOR_MISSING_PERCENT: '30'
  CROSS_VALIDATION_FOLDS: '5'
  RUNS_AT_ONCE: string(runsAtOnce)
  RUNS_WAITING: string(runsWaiting)
  RUN_SECONDS: '300'
  RESULT_CACHE_BYTES: '67108864'
  NEIGHBOURS: '5'
  JOBS_STORAGE__BLOBSERVICEURI: jobsBlobEndpoint
  JOBS_STORAGE__QUEUESERVICEURI: jobsQueueEndpoint
  JOBS_CONTAINER: jobsContainer
  JOBS_QUEUE: jobsQueue
  JOBS_PATH: ''
  JOBS_LEASE_SECONDS: '30'
  JOBS_KEEP_DAYS: '30'
  JOBS_WAITING: '1000'
  JOBS_WAITING_PER_CLIENT: '50'
  JOBS_STORED_BYTES: '8589934592'
  JOBS_WAITING_BYTES: '2147483648'
  TRUSTED_PROXIES: ''
  ACCESS: access
  ACCESS_PROTECTS: accessProtects
  ENTRA_TENANT: access == 'entra' ? entraTenant : ''
  ENTRA_AUDIENCE: access == 'entra' ? entraAudience : ''
  ENTRA_ROLES: entraRoles
  ENTRA_AUTHORITY: environment().authentication.loginEndpoint
  OTEL_EXPORTER_OTLP_ENDPOINT: ''
}

var platform = {
  // The identity used by azure-identity in the service's code.
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  // The queue trigger's connection, in addition to the service's URIs above.
  JOBS_STORAGE__credential: 'managedidentity'
  JOBS_STORAGE__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString
  // The worker exports its own log, so the host does not do so for it.
  PYTHON_ENABLE_OPENTELEMETRY: 'true'
  // The host sends to the same collector as the service, which speaks OTLP over HTTP only; the host's default is gRPC.
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf'
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

output values object = union(service, platform)
