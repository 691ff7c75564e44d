"""Prints what Bicep files declare, as JSON: run by the Python that has pycep-parser."""

import json
import sys
from pathlib import Path

from pycep import BicepParser  # type: ignore[import-not-found]

parser = BicepParser()
json.dump({path: parser.parse(file_path=Path(path)) for path in sys.argv[1:]}, sys.stdout, default=str)
