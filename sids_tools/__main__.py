"""`python -m sids_tools` is the command `sids`."""

from sids_tools.cli import run

run()
