"""`sids …` as a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 120


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("DATASET_")}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "sids_tools", *arguments],
        cwd=PROJECT,
        env={**known, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in err, err
    return Result(process.returncode, out, err)
