"""Azure Storage and local disk."""
