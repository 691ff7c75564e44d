"""What operators use: the command `sids`, importers, publishing, packages and manifests."""
