"""Access to Azure Storage and local disk."""
