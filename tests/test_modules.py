"""Modules are as large as one reading: half of them have 75 lines or more, and each small one has a reason.

`python -m tests.test_modules` prints the counts.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[1]
FLOORS = ("function_app.py", "blueprints", "sids_core", "sids_service", "sids_tools")
MEDIAN_LINES = 75
SMALL_LINES = 40
REGISTRY_ENTRY = re.compile(r"([a-z_]+(?:\.\w+)+):\w+")
# Small modules that one other module imports, or none: why each is a module of its own. Entries of a registry
# ("package.module:name") and the __init__.py of packages need no line here.
REASONS = {
    "function_app": "what the Functions host loads",
    "sids_tools.__main__": "what `python -m sids_tools` runs",
}


@dataclass(frozen=True)
class Module:
    """A file of the product, what it imports, and which registry entries it names."""

    name: str
    path: Path
    lines: int
    imports: frozenset[str]
    entries: frozenset[str]

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


@cache
def modules() -> Mapping[str, Module]:
    files = [path for floor in FLOORS for path in (PROJECT / floor).rglob("*.py")] + [PROJECT / FLOORS[0]]
    return {module.name: module for module in map(_read, sorted(files))}


def _read(path: Path) -> Module:
    text = path.read_text()
    name = ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    nodes = list(ast.walk(ast.parse(text)))
    entries = {
        found[1]
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if (found := REGISTRY_ENTRY.fullmatch(node.value))
    }
    return Module(name, path, len(text.splitlines()), frozenset(_imported(nodes)), frozenset(entries))


def _imported(nodes: list[ast.AST]) -> Iterator[str]:
    """Every name that may be a module: `from a.b import c` imports a.b or a.b.c, import_module("a.b") imports a.b."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            yield from (str(word.value) for word in node.args if isinstance(word, ast.Constant))


def small() -> dict[str, int]:
    """Module → lines of those below `SMALL_LINES` with at most one importer that no registry names."""
    known = modules().values()
    entries = {entry for module in known for entry in module.entries}
    return {
        module.name: module.lines
        for module in known
        if module.lines < SMALL_LINES and not module.is_package and module.name not in entries
        if sum(module.name in other.imports for other in known) <= 1
    }


def test_each_small_module_with_one_importer_has_a_reason() -> None:
    assert sorted(small()) == sorted(REASONS)


def test_half_of_the_modules_are_long_enough_to_be_worth_opening() -> None:
    assert median(module.lines for module in modules().values()) >= MEDIAN_LINES


if __name__ == "__main__":
    counts = [module.lines for module in modules().values()]
    sys.stdout.write(f"{len(counts)} modules, {sum(counts)} lines, median {median(counts):g}\n")
    for found, amount in sorted(small().items()):
        sys.stdout.write(f"{amount:4} {found}: {REASONS.get(found, 'no reason given')}\n")
