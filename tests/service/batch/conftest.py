"""Batches of a handful of targets of the demo data, run as an operator runs them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
TARGETS = ("key-DEMO.021.T", "key-DEMO.004.G", "env-DEMO.009.X")
FEW = ("--years", "2015:2016", "--targets", ",".join(TARGETS), "--estimators", "5", "--number-predictor", "3")

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def environment(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Of the demo data, packed once for all processes."""
    cache = tmp_path_factory.mktemp("packed")
    return {**os.environ, "DATASET_PATH": str(demo_data), "DATASET_CACHE_PATH": str(cache)}


@pytest.fixture
def start(environment: Mapping[str, str]) -> Iterator[Start]:
    """Starts a batch, which ends with the test."""
    processes = []

    def run(*words: str, **settings: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "sids_tools", "batch", *words],
            cwd=PROJECT,
            env={**environment, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def batch(start: Start) -> Callable[..., tuple[int, str, str]]:
    """Runs a batch to its end: exit code, stdout and stderr."""

    def run(*words: str, **settings: str) -> tuple[int, str, str]:
        process = start(*words, **settings)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    return run


@pytest.fixture(scope="session")
def plain(environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an undisturbed batch of the few targets writes."""
    out = tmp_path_factory.mktemp("plain")
    command = [sys.executable, "-m", "sids_tools", "batch", *FEW, "--name", "few", "--out", str(out)]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, timeout=120, capture_output=True)
    return out / "ml" / "few"


def files(folder: Path) -> dict[str, bytes]:
    """Content by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
