"""Runs of the models: how many at once, and what becomes of their results."""
