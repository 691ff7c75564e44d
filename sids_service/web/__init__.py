"""Typed functions as Azure Functions: validation, errors, CORS, OpenAPI and forms."""
