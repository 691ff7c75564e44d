"""Generated figures that stand in for real ones; every name says that they are synthetic."""

from pathlib import Path


def write_demo_data(folder: Path) -> None:
    """Write the three tables and a README into a new folder, all or nothing; the same bytes every time.

    Raises:
        FileExistsError: the folder exists and is not empty.
    """
    from sids_core.panel.demo.files import write_demo

    write_demo(folder)
