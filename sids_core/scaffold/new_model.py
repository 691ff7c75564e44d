"""Writes the starting files of a model: all of them or none."""

import re
from collections.abc import Collection, Mapping
from keyword import iskeyword
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from sids_core.errors import ConfigurationError

TEMPLATES = Path(__file__).parent / "templates"
PLACES = ("sids_core/{name}", "tests/{name}", "blueprints/{name}.py")
NAME = re.compile(r"[a-z][a-z0-9_]{1,19}")
# Paths of the service's own endpoints, and what MODEL_SERVICE takes for every model.
RESERVED = frozenset({"all", "datasets", "docs", "health", "jobs", "params", "ready", "service"})


def write_model(name: str, project: Path, models: Collection[str]) -> list[Path]:
    """Write the starting files of a model into the project.

    Args:
        name: of the model, its package and its path.
        project: the folder that holds `sids_core`, `blueprints` and `tests`.
        models: names of the models that there are.

    Returns:
        The files, relative to the project.

    Raises:
        ConfigurationError: the name cannot be used; nothing was written.
        OSError: the files cannot be written; nothing is left behind.
    """
    _check(name, project, models)
    places = [place.format(name=name) for place in PLACES]
    with TemporaryDirectory(dir=project, prefix=".new-model-") as scratch:
        files = render(name)
        for path, text in files.items():
            target = Path(scratch) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        _move(Path(scratch), project, places)
    return [Path(path) for path in files]


def registry_line(name: str) -> str:
    """The line that adds the model to `MODELS` in blueprints/__init__.py."""
    return f'        "{name}": "blueprints.{name}",'


def render(name: str) -> Mapping[str, str]:
    """Path → content of the starting files."""
    words = {
        "name": name,
        "prefix": "".join(word.capitalize() for word in name.split("_")),
        "label": name.replace("_", " ").strip().capitalize(),
    }
    files = {}
    for template in sorted(TEMPLATES.rglob("*.txt")):
        path = template.relative_to(TEMPLATES).with_suffix("").as_posix().replace("NAME", name)
        files[path] = _sort_imports(Template(template.read_text(encoding="utf-8")).substitute(words))
    return files


def _check(name: str, project: Path, models: Collection[str]) -> None:
    if not NAME.fullmatch(name) or iskeyword(name):
        raise ConfigurationError(
            f"a model cannot be named {name!r}: 2 to 20 lower-case letters, digits and _, a letter first, and no "
            "keyword of Python"
        )
    if name in RESERVED or name in {model.lower() for model in models}:
        raise ConfigurationError(f"the name {name!r} is taken; models: {', '.join(models)}")
    modules = (f"sids_core/{name}.py", f"tests/{name}.py", f"blueprints/{name}")
    for place in (*(place.format(name=name) for place in PLACES), *modules):
        if (project / place).exists():
            raise ConfigurationError(f"the name {name!r} is taken: {place} exists")


def _move(scratch: Path, project: Path, places: list[str]) -> None:
    moved: list[str] = []
    try:
        for place in places:
            (scratch / place).rename(project / place)
            moved.append(place)
    except OSError:
        for place in moved:  # back into the scratch folder, which is about to be removed
            (project / place).rename(scratch / place)
        raise


def _sort_imports(text: str) -> str:
    """Sort neighbouring imports from this project, whose order depends on the name, as ruff wants them."""
    run = re.compile(r"(?:^from (?:sids_core|blueprints|tests)\b.*\n)+", re.MULTILINE)
    return run.sub(lambda found: "".join(sorted(found[0].splitlines(keepends=True), key=_module)), text)


def _module(line: str) -> str:
    return line.split()[1]
