"""What stands between the source and Azure: the package, and the Kubernetes manifests that are written by command."""
