"""Processes that are forked from one with all imports, which take longer than most commands and workers in tests."""

from multiprocessing import get_context

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "blueprints.app",
        "sids_tools.commands",
        "sids_core.imputation.impute",
        "azure.storage.blob",
        "azure.storage.queue",
        "pandas",
        "sklearn.tree",
        "sklearn.ensemble",
    ]
)
