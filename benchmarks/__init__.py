"""What the README's figures come from; each file is run as `python -m benchmarks.NAME`."""
