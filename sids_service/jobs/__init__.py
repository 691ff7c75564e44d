"""Computations now or later: how many run at once, where results are kept, and the jobs of all processes."""
