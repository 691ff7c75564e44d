"""Importers of real data from public sources into the three tables."""
