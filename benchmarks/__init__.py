"""The benchmarks of docs/performance.md; run each file as `python -m benchmarks.NAME`."""
