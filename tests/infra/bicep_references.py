"""Resolves the references of Bicep files, which without the compiler nobody else does before a deployment."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.infra.tools import run

DECLARATIONS = Path(__file__).parent / "bicep_declarations.py"
WORDS = frozenset(
    """param var resource module output existing if for in true false null string int bool array object
    targetScope""".split()
)
FUNCTIONS = frozenset(
    """allowed batchSize concat description empty environment guid items join length loadJsonContent loadTextContent
    maxLength maxValue metadata minLength minValue range replace resourceId split string subscription
    subscriptionResourceId toLower union uniqueString""".split()
)
TYPES = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}
IDENTIFIER = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
KEY = re.compile(r"(?m)(?:^|[{,\[])[ \t]*[A-Za-z_]\w*[ \t]*:(?!:)")
LOOP = re.compile(r"for\s+(?:\((\w+),\s*(\w+)\)|(\w+))\s+in")
OUTPUT = re.compile(r"(?<![\w.])(\w+)\.outputs\.(\w+)")
DECLARATION = re.compile(r"(?m)^(?:param|var|resource|module|output)\s+\w+")
JSON_FILE = re.compile(r"var (\w+) = loadJsonContent\('([^']+)'\)")


@dataclass
class Bicep:
    """A file: its text and what it declares."""

    path: Path
    declared: Mapping[str, Any]
    source: str = field(init=False)

    def __post_init__(self) -> None:
        self.source = self.path.read_text()

    def names(self, kind: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.declared.get(kind, {})
        return found


def read(*paths: Path) -> dict[Path, Bicep]:
    result = run("python", [DECLARATIONS, *paths])
    assert result.returncode == 0, result.stderr[-2000:]
    return {Path(path): Bicep(Path(path), declared) for path, declared in json.loads(result.stdout).items()}


def faults(file: Bicep, files: Mapping[Path, Bicep]) -> list[str]:
    """Everything in the file that refers to nothing, or that nothing refers to."""
    return [f"{file.path.name}: {fault}" for fault in (*_names(file), *_modules(file, files), *_json(file))]


def parameter_faults(parameters: Path, file: Bicep) -> list[str]:
    """What a parameters file gives that the template does not take, or leaves out that it needs."""
    given = json.loads(parameters.read_text())["parameters"]
    found = _compared(file, set(given))
    for name, entry in given.items():
        azd_fills_in = str(entry["value"]).startswith("${")
        if name in file.names("parameters") and not azd_fills_in:
            found += [f"parameter {name} {fault}" for fault in _value(entry["value"], file.names("parameters")[name])]
    return [f"{parameters.name}: {fault}" for fault in found]


def _value(value: Any, parameter: Mapping[str, Any]) -> Iterator[str]:
    if type(value) is not TYPES[parameter["type"]]:
        yield f"is {value!r}, not of type {parameter['type']}"
        return
    for decorator in parameter["decorators"]:
        match decorator["type"], decorator.get("argument"):
            case "allowed", allowed if value not in allowed:
                yield f"is {value!r}; allowed: {allowed}"
            case "min_value", least if value < least:
                yield f"is {value}, less than {least}"
            case "max_value", most if value > most:
                yield f"is {value}, more than {most}"


def code(source: str) -> str:
    """The source without comments and strings; what strings interpolate stays."""
    parts: list[str] = []
    position = 0
    while position < len(source):
        if source.startswith("//", position):
            position = source.index("\n", position)
        elif source[position] == "'":
            position, inner = _string(source, position + 1)
            parts.append(f"'' {' '.join(inner)} " if inner else "''")
        else:
            parts.append(source[position])
            position += 1
    return "".join(parts)


def _string(source: str, position: int) -> tuple[int, list[str]]:
    """The position after a string, and the expressions in it."""
    inner = []
    while source[position] != "'":
        if source[position] == "\\":
            position += 2
        elif source.startswith("${", position):
            end = position + 2
            while source[end] != "}":
                end = _string(source, end + 1)[0] if source[end] == "'" else end + 1
            inner.append(code(source[position + 2 : end]))
            position = end + 1
        else:
            position += 1
    return position + 1, inner


def _names(file: Bicep) -> Iterator[str]:
    text = code(file.source)
    used = KEY.sub(lambda found: found.group()[:1] if found.group()[0] in "{,[" else " ", DECLARATION.sub(" ", text))
    used = re.sub(r"(?m)^\s*(string|int|bool|array|object)\b", " ", used)
    loops = {name for groups in LOOP.findall(text) for name in groups if name}
    declared = {name for kind in ("parameters", "variables", "resources", "modules") for name in file.names(kind)}
    mentioned = set(IDENTIFIER.findall(used))
    called = set(re.findall(r"(?<![\w.])([A-Za-z_]\w*)\(", used))
    yield from (f"unknown function {name}" for name in sorted(called - FUNCTIONS - WORDS))
    yield from (f"unknown name {name}" for name in sorted(mentioned - called - declared - loops - WORDS - FUNCTIONS))
    for kind in ("parameters", "variables"):
        yield from (f"nothing uses {name}" for name in sorted(file.names(kind).keys() - mentioned))


def _modules(file: Bicep, files: Mapping[Path, Bicep]) -> Iterator[str]:
    targets: dict[str, Bicep] = {}
    for name, module in file.names("modules").items():
        path = (file.path.parent / module["detail"]["path"]).resolve()
        if module["type"] != "local" or path not in files:
            yield f"module {name} is no file of ours: {module['detail']['full']}"
            continue
        targets[name] = files[path]
        passed = set(_find(module["config"], "params") or {})
        yield from (f"module {name}: {fault}" for fault in _compared(files[path], passed))
    for name, output in OUTPUT.findall(code(file.source)):
        if name in targets and output not in targets[name].names("outputs"):
            yield f"module {name} has no output {output}"


def _compared(target: Bicep, passed: set[str]) -> list[str]:
    taken = target.names("parameters")
    needed = {name for name, parameter in taken.items() if parameter.get("default") is None}
    return [f"no parameter {name}" for name in sorted(passed - taken.keys())] + [
        f"parameter {name} is missing" for name in sorted(needed - passed)
    ]


def _json(file: Bicep) -> Iterator[str]:
    for name, path in JSON_FILE.findall(file.source):
        known = json.loads((file.path.parent / path).read_text())
        for property_name in re.findall(rf"(?<![\w.]){name}\.(\w+)", code(file.source)):
            if property_name not in known:
                yield f"{path} has no {property_name}"


def _find(node: Any, key: str) -> Any:
    if isinstance(node, dict):
        return node[key] if key in node else next(filter(None, (_find(part, key) for part in node.values())), None)
    return None
