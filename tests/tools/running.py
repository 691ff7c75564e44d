"""`sids …` as a process of its own."""

import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sids_tools.cli import run
from tests.forked import CONTEXT

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 120


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A process that starts as the command does, to be watched or killed."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "sids_tools", *arguments],
        cwd=PROJECT,
        env=_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in err, err
    return Result(process.returncode, out, err)


def command(*arguments: str, **environment: str) -> Result:
    """The result of a process of the command's own, forked from one that has imported everything."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = CONTEXT.Process(target=_run, args=(arguments, _environment(environment), out, err))
        process.start()
        process.join(SECONDS)
        assert process.exitcode is not None, f"{arguments} takes longer than {SECONDS} s"
        said = Result(process.exitcode, out.read_text(), err.read_text())
    assert "Traceback" not in said.err, said.err
    return said


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DATASET_")} | dict(changes)


def _run(arguments: tuple[str, ...], environment: Mapping[str, str], out: Path, err: Path) -> None:
    for stream, file in ((sys.stdout, out), (sys.stderr, err)):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sids", *arguments]
    warnings.simplefilter("error")
    run()
