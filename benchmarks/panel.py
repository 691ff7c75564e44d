"""The real data used by the benchmarks."""

from pathlib import Path
from tempfile import gettempdir

from sids_core.panel.panel import Panel

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "indicators"


def real_panel() -> Panel:
    """The panel, from its packed cache if possible.

    Raises:
        SystemExit: the data does not exist beside the project.
    """
    from sids_service.dataset.loading import load
    from sids_service.dataset.sources import FolderSource, list_tables

    if not REAL_DATA.is_dir():
        raise SystemExit(f"benchmarks need the real data at {REAL_DATA}")
    store = FolderSource(REAL_DATA)
    return load(store, list_tables(store), Path(gettempdir()) / "sids-ml-benchmarks", keep_unknown=False).panel
