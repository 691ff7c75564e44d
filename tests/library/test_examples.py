"""The examples in the library's docstrings run, and every public function has one."""

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import sids_core

MODULES = ["sids_core", *(found.name for found in walk_packages(sids_core.__path__, "sids_core."))]
EXAMPLES = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
FUNCTIONS = (
    "open_panel",
    "impute",
    "fill",
    "interpolate",
    "correlate",
    "cluster_countries",
    "cluster_survey",
    "evaluate",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    failed, _ = doctest.testmod(import_module(name), optionflags=EXAMPLES)
    assert failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_document_everything(name: str) -> None:
    doc = getattr(sids_core, name).__doc__ or ""
    for part in ("Args:", "Returns:", "Raises:", ">>>"):
        assert part in doc, f"{name} has no {part}"
