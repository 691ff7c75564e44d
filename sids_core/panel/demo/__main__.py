"""`python -m sids_core.panel.demo FOLDER` writes the demo data into a new folder."""

import argparse
from pathlib import Path

from sids_core.panel.demo import write_demo_data


def main() -> None:
    """Read the folder from the command line and write there; an existing folder is one clear line."""
    parser = argparse.ArgumentParser(prog="python -m sids_core.panel.demo", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder that does not exist yet, or is empty")
    folder = parser.parse_args().folder
    try:
        write_demo_data(folder)
    except OSError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
