"""The served dataset: loaded from its source and refreshed in the background."""
