"""The benchmarks of docs/performance.md; each file is run as `python -m benchmarks.NAME`."""
