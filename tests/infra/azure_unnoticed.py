"""Prints where in Bicep files a misspelt property, or a value of another type, goes unnoticed, as JSON.

Each property of each resource is misspelt, and each literal replaced by one of another type, one at a time. Run as
azure_check.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.infra.azure_check import BICEP, faults
from tests.infra.bicep_tree import Choice, Loop, read


def changed(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Places in a value, each with the value in which that one is wrong."""
    match value:
        case dict():
            for name, inner in value.items():
                here = f"{place}.{name}"
                if "." in place or name not in BICEP:
                    yield here, {f"{key}x" if key == name else key: each for key, each in value.items()}
                    yield from ((there, {**value, name: wrong}) for there, wrong in changed(inner, here))
        case list():
            yield from ((there, wrong) for there, wrong in _elements(value, f"{place}[]"))
        case Choice(values):
            yield from ((there, Choice(tuple(wrong))) for there, wrong in _elements(list(values), place))
        case Loop(item):
            yield from ((there, Loop(wrong)) for there, wrong in changed(item, place))
        case bool() | int():
            yield f"{place} =", "text"
        case str():
            yield f"{place} =", 7


def _elements(values: list[Any], place: str) -> Iterator[tuple[str, list[Any]]]:
    for index, value in enumerate(values):
        for there, wrong in changed(value, place):
            yield there, [*values[:index], wrong, *values[index + 1 :]]


def main() -> None:
    tried, unnoticed = 0, set()
    for path in map(Path, sys.argv[1:]):
        for resource in read(path).resources:
            for place, body in changed(resource.body, resource.type.partition(".")[2]):
                tried += 1
                if not resource.existing and not list(faults(replace(resource, body=body))):
                    unnoticed.add(place)
    json.dump({"tried": tried, "unnoticed": sorted(unnoticed)}, sys.stdout)


if __name__ == "__main__":
    main()
