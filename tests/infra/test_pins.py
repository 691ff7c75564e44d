"""Nothing that is fetched can change under us: actions by commit, images by digest, packages by version."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.infra.tools import PROJECT

WORKFLOWS = sorted(PROJECT.glob(".github/workflows/*.yml"))
ACTION = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
LOCKS = {"service": "requirements.txt", "tools": "requirements-local.txt", "dev": "requirements-dev.txt"}
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def loose_actions(workflow: str) -> list[str]:
    """Actions that are named by a tag or branch; workflows of this repository come with its own commit."""
    used = re.findall(r"(?m)^\s+(?:- )?uses: (\S+)", workflow)
    return [name for name in used if not name.startswith("./") and not ACTION.fullmatch(name)]


def loose_bases(dockerfile: str) -> list[str]:
    """Base images whose digest is neither written nor the default of an argument."""
    digests = dict(re.findall(r"(?m)^ARG (\w+)=(sha256:[0-9a-f]{64})$", dockerfile))
    images = [
        re.sub(r"\$\{(\w+)\}", lambda found: digests.get(found[1], ""), image)
        for image in re.findall(r"(?m)^FROM (\S+)", dockerfile)
    ]
    return [image for image in images if not DIGEST.search(image)]


def loose_services(compose: str) -> list[str]:
    """Images of Compose that are neither pinned nor built here."""
    services: dict[str, dict[str, Any]] = yaml.safe_load(compose)["services"]
    found = [service for service in services.values() if "build" not in service]
    return [service["image"] for service in found if not DIGEST.search(service["image"])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_permissions_named(path: Path) -> None:
    text = path.read_text()
    assert loose_actions(text) == []
    assert "\npermissions: {}\n" in text
    assert "secrets." not in text


def test_base_images_are_pinned() -> None:
    assert loose_bases((PROJECT / "Dockerfile").read_text()) == []


def test_images_of_compose_are_pinned() -> None:
    assert loose_services((PROJECT / "compose.yaml").read_text()) == []


def test_what_is_not_pinned_is_found() -> None:
    workflow = (PROJECT / ".github" / "workflows" / "ci.yml").read_text()
    assert "actions/checkout@v4" in loose_actions(re.sub(r"checkout@\S+", "checkout@v4", workflow))
    dockerfile = (PROJECT / "Dockerfile").read_text()
    assert len(loose_bases(re.sub(r"ARG BASE_DIGEST=\S+", "ARG BASE_DIGEST", dockerfile))) == 3
    assert loose_bases(dockerfile.replace("@${BASE_DIGEST}", ""))
    compose = (PROJECT / "compose.yaml").read_text()
    assert loose_services(re.sub(r"@sha256:\S+", "", compose))


def locked(name: str) -> dict[str, set[str]]:
    """Package → its pins in a lock file, one for every range of Python versions."""
    pins: dict[str, set[str]] = {}
    for line in (PROJECT / name).read_text().splitlines():
        if not line.startswith("#"):
            package, version = line.partition(" ;")[0].split("==")
            pins.setdefault(package, set()).add(version)
    return pins


def asked_for(extra: str) -> list[Requirement]:
    """What pyproject.toml asks for with an extra, the extras that it names included."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    pending = [extra]
    while pending:
        for text in project["optional-dependencies"][pending.pop()]:
            if Requirement(text).name == project["name"]:
                pending.extend(Requirement(text).extras)
            else:
                asked.append(text)
    return [Requirement(text) for text in asked]


@pytest.mark.parametrize(("extra", "lock"), LOCKS.items())
def test_a_lock_holds_what_the_project_asks_for(extra: str, lock: str) -> None:
    pins = locked(lock)
    for requirement in asked_for(extra):
        assert any(requirement.specifier.contains(pin) for pin in pins.get(requirement.name, ())), (
            f"{lock} has no {requirement}: make lock"
        )


def test_what_is_developed_with_is_what_is_deployed() -> None:
    deployed, local, developed = (locked(name) for name in LOCKS.values())
    assert deployed.items() <= local.items() <= developed.items()
