"""HTTP: one FastAPI application, errors, forms and documentation, and the Azure Functions made from its routes."""
