"""The files that a new model starts from."""
