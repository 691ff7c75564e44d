"""Real data from public sources, as the three tables."""
