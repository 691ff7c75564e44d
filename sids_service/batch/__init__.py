"""Many imputations at once: planned, computed here or by the jobs' workers, and merged into files."""
