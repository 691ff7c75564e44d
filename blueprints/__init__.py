"""One file per model: the list of its endpoints."""
