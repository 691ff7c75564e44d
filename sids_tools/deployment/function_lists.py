"""Which functions a pod runs: files of `AzureFunctionsJobHost__functions__N` for Kustomize.

The Functions host runs all functions of an image, or those that these variables list. So one image serves HTTP in
one Deployment and works the queue in another.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HEADER = "# The {kind} functions of MODEL_SERVICE={models}. Written by `sids function-lists`.\n"
PATTERN = re.compile(HEADER.format(kind="(?P<kind>[a-z]+)", models="(?P<models>[^ ]+)"))
HTTP, TIMER, QUEUE = "httpTrigger", "timerTrigger", "queueTrigger"
# A timer runs where a pod always is: with the HTTP functions of all models. Queue workers come and go.
KINDS = {"http": (HTTP,), "steady": (HTTP, TIMER), "queue": (QUEUE,)}


@dataclass(frozen=True)
class Listed:
    """A function of the app, and the type of its trigger as the platform names it."""

    name: str
    trigger: str


def function_list(kind: str, models: str, functions: Iterable[Listed]) -> str:
    """The content of a `functions.env` with the functions of a kind, in their order.

    Args:
        kind: one of `KINDS`.
        models: the value of MODEL_SERVICE that the functions were listed with.
        functions: the app's functions.
    """
    names = (function.name for function in functions if function.trigger in KINDS[kind])
    lines = (f"AzureFunctionsJobHost__functions__{index}={name}\n" for index, name in enumerate(names))
    return HEADER.format(kind=kind, models=models) + "".join(lines)


def read_header(path: Path) -> tuple[str, str]:
    """Kind and MODEL_SERVICE of a `functions.env`.

    Raises:
        ValueError: its first line was not written here.
    """
    with path.open(encoding="utf-8") as file:
        found = PATTERN.fullmatch(file.readline())
    if found is None or found["kind"] not in KINDS:
        raise ValueError(f"{path}: the first line does not say which functions are listed")
    return found["kind"], found["models"]
