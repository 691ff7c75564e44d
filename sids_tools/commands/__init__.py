"""What an operator types: one file per group of commands, wired up in `sids_tools.cli`."""
