"""Runs schemathesis with every check against a server."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

CONFIG = Path(__file__).with_suffix(".toml")


def run_schemathesis(url: str, seed: int, examples: int) -> tuple[bool, str]:
    """Whether every answer passed every check, and the report.

    Args:
        url: of a server with its data loaded.
        seed: the same seed makes the same requests.
        examples: random requests per operation, besides those that each schema implies.
    """
    program = Path(sys.executable).with_name("schemathesis")
    command = [str(program), "--config-file", str(CONFIG), "run", f"{url}/openapi.json", "--checks", "all"]
    options = ["--phases", "examples,coverage,fuzzing", "--seed", str(seed), "--max-examples", str(examples)]
    command += ["--suppress-health-check", "all", "--no-color"]
    with TemporaryDirectory() as folder:  # where it keeps what it found: another run must not begin with that
        ended = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
    return ended.returncode == 0, ended.stdout + ended.stderr
