"""`python -m sids_tools` runs the command `sids`."""

from sids_tools.cli import run

run()
