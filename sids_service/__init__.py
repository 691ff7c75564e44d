"""Hosting of the library: settings, storage, dataset, web, jobs and batches."""
