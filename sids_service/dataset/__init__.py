"""The dataset that a process serves: found in its store, loaded and refreshed in the background."""
