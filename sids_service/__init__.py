"""Hosting of the library: settings, storage, the dataset, the web, jobs and batches."""
