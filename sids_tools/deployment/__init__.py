"""The files that are deployed: the package for Azure Functions, and the Kubernetes manifests written by command."""
