"""Deployment files: the package for Azure Functions, and generated Kubernetes manifests."""
