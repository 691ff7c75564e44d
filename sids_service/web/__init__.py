"""The web layer: one FastAPI application, errors, forms and documentation, and an Azure Function per route."""
