"""Operator tools: the command `sids`, importers, publishing, packages and manifests."""
