"""How alike the island states are: correlation between two of them, and clusters of all."""
