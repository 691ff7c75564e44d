"""Runs every attack, or those named: `python -m tests.torture [NAME …] [--seed N]`; exit code 1 if one failed."""

import argparse
import pkgutil
import sys
import traceback
from collections.abc import Iterable
from importlib import import_module
from time import perf_counter

from tests import torture
from tests.torture.row import Row

HEAD = ("test", "tried", "survived", "lost", "wrong", "minutes", "notes")


def attacks() -> tuple[str, ...]:
    """Names of the attacks: the modules of this folder."""
    names = {module.name for module in pkgutil.iter_modules(torture.__path__)}
    return tuple(sorted(names - {"__main__", "row"}))


def main() -> None:
    """Print one Markdown row per attack as soon as it ends."""
    parser = argparse.ArgumentParser(prog="make torture", description=torture.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(attacks())}")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(attacks()))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(attacks())}")
    _print(HEAD)
    _print(["---"] * len(HEAD))
    results = [_run(name, arguments.seed) for name in arguments.names or attacks()]
    sys.exit(0 if all(results) else 1)


def _run(name: str, seed: int) -> bool:
    started = perf_counter()
    try:
        row: Row = import_module(f"tests.torture.{name}").attack(seed)
    except Exception:  # noqa: BLE001 - the other attacks are worth their rows
        traceback.print_exc()
        row = Row(name, 1, 0, lost=1, notes="the attack itself failed")
    minutes = f"{(perf_counter() - started) / 60:.1f}"
    _print((row.test, row.tried, row.survived, row.lost, row.wrong, minutes, row.notes))
    return row.passed


def _print(cells: Iterable[object]) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
