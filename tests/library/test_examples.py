"""The examples in the docstrings of the imputation, the registries and the library's face."""

import doctest
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import sids_core.imputation
from sids_core.panel import demo
from sids_core.panel.panel import Panel
from sids_service.dataset.folder_store import FolderStore
from sids_service.dataset.loading import load
from sids_service.dataset.snapshot import look

MODULES = [
    "sids_core",
    "sids_core.registry",
    *(found.name for found in walk_packages(sids_core.imputation.__path__, "sids_core.imputation.")),
]
EXAMPLES = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


@pytest.fixture
def _demo_panel(demo_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def demo_panel() -> Panel:
        store = FolderStore(demo_data)
        return load(store, look(store), tmp_path).panel

    if not hasattr(demo, "demo_panel"):
        monkeypatch.setattr(demo, "demo_panel", demo_panel, raising=False)


@pytest.mark.usefixtures("_demo_panel")
@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    failed, _ = doctest.testmod(import_module(name), optionflags=EXAMPLES)
    assert failed == 0
