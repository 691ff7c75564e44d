"""Nothing that is fetched can change under us: actions by commit, images and packages by digest."""

import json
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
LOCKS = {
    "service": "requirements.txt",
    "tools": "requirements-local.txt",
    "dev": "requirements-dev.txt",
    "docs": "requirements-docs.txt",
}
OTHER_LOCKS = ("tests/infra/requirements.txt", "tests/service/worker/requirements.txt")
PIN = re.compile(
    r"(?P<package>[a-z0-9.-]+)==(?P<version>[^ ]+)(?: ; (?P<marker>.+?))?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)"
)
WHEELS_BY_PLATFORM = ("numpy", "pandas", "scipy", "scikit-learn", "pydantic-core", "cffi")
INSTALLS = (
    *("Makefile", "Dockerfile", "sids_tools/deployment/package.py", "tests/infra/tools.py"),
    "tests/service/test_worker_conformance.py",
)
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


def pins(name: str) -> list[re.Match[str]]:
    """The pins of a lock file, one or more of a package; fails at a line that is none."""
    text = (PROJECT / name).read_text().replace(" \\\n    ", " ")
    found = {line: PIN.fullmatch(line) for line in text.splitlines() if not line.startswith("#")}
    assert [line for line, pin in found.items() if pin is None] == [], f"{name} has a line without a digest: make lock"
    return [pin for pin in found.values() if pin is not None]


def locked(name: str) -> dict[str, set[str]]:
    """Package → its pins in a lock file, one for every range of Python versions."""
    versions: dict[str, set[str]] = {}
    for pin in pins(name):
        versions.setdefault(pin["package"], set()).add(f"{pin['version']} {pin['marker']}")
    return versions


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
    versions = locked(lock)
    for requirement in asked_for(extra):
        found = versions.get(requirement.name, ())
        assert any(requirement.specifier.contains(pin.split()[0]) for pin in found), (
            f"{lock} has no {requirement}: make lock"
        )


def test_what_is_developed_with_is_what_is_deployed() -> None:
    deployed, local, developed, documented = (locked(name) for name in LOCKS.values())
    assert deployed.items() <= local.items() <= developed.items()
    # Notebooks need some of these packages on more platforms.
    assert versions(developed).items() <= versions(documented).items()


def versions(pinned: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    """The pinned versions of each package, wherever they are needed."""
    return {name: frozenset(pin.split()[0] for pin in found) for name, found in pinned.items()}


@pytest.mark.parametrize("name", [*LOCKS.values(), *OTHER_LOCKS])
def test_a_lock_names_digests_for_every_platform_and_no_registry(name: str) -> None:
    assert "://" not in (PROJECT / name).read_text()
    for pin in pins(name):
        # Wheels for three versions of Python on Linux, macOS and Windows: a lock made from one machine's has one.
        least = 20 if pin["package"] in WHEELS_BY_PLATFORM else 1
        assert pin["hashes"].count("sha256:") >= least, pin["package"]


@pytest.mark.parametrize("name", INSTALLS)
def test_what_is_installed_from_a_lock_must_have_its_digest(name: str) -> None:
    text = (PROJECT / name).read_text()
    assert text.count("--require-hashes") == len(re.findall(r"--requirement\b", text)) > 0


def test_the_lock_of_npm_names_digests_and_no_registry() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    assert len(packages) > 100
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name
    assert "omit-lockfile-registry-resolved=true" in (PROJECT / ".npmrc").read_text().splitlines()


def test_every_night_the_attacks_the_coverage_and_the_audit_run_in_bounded_time() -> None:
    nightly = yaml.safe_load((PROJECT / ".github" / "workflows" / "nightly.yml").read_text())
    assert "schedule" in nightly[True]  # YAML 1.1 reads `on` as a truth value
    said = {name: " ".join(step.get("run", "") for step in job["steps"]) for name, job in nightly["jobs"].items()}
    assert "make torture" in said["torture"]
    assert "make coverage" in said["coverage"]
    assert "make audit" in said["audit"]
    for job in nightly["jobs"].values():
        assert job["timeout-minutes"] <= 120
        assert job["permissions"] == {"contents": "read"}
