"""Computations, synchronous or as jobs: execution, result caching, and the job store and queue."""
