"""The Bicep files are of one piece: every module, parameter, output and name that is referred to exists."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.infra.bicep_references import Bicep, faults, parameter_faults, read
from tests.infra.tools import PROJECT

BICEP = PROJECT / "infra" / "bicep"
TEMPLATES = {"main": ("main", "dev", "production"), "aks": ("aks.dev", "aks.production")}
# Built-in roles, from Microsoft's list of them: no package has one.
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
    "4d97b98b-1d4f-4787-a291-c67834d212e7": "Network Contributor",
}
BROKEN = {
    "an output": ("hostStorage.outputs.name", "hostStorage.outputs.nom", "module hostStorage has no output nom"),
    "a module": ("'modules/registry.bicep'", "'modules/register.bicep'", "module registry is no file of ours"),
    "a public module": ("'modules/registry.bicep'", "'br/public:avm/res/web/site:0.1.0'", "is no file of ours"),
    "a parameter": ("    runsWaiting: runsWaiting\n", "", "module settings: parameter runsWaiting is missing"),
    "a parameter's name": ("sku: premiumSku", "size: premiumSku", "module premium: no parameter size"),
    "a name": ("publisherType: publisherType", "publisherType: publisherKind", "unknown name publisherKind"),
    "an abbreviation": ("abbreviations.plan", "abbreviations.plans", "abbreviations.json has no plans"),
}


@pytest.fixture(scope="module")
def files() -> Mapping[Path, Bicep]:
    return read(*sorted(BICEP.rglob("*.bicep")))


def test_every_reference_resolves_and_everything_is_used(files: Mapping[Path, Bicep]) -> None:
    assert [fault for file in files.values() for fault in faults(file, files)] == []
    assert len(files) > 10


@pytest.mark.parametrize("template", TEMPLATES)
def test_parameter_files_fit_their_template(files: Mapping[Path, Bicep], template: str) -> None:
    for name in TEMPLATES[template]:
        assert parameter_faults(BICEP / f"{name}.parameters.json", files[BICEP / f"{template}.bicep"]) == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"alwaysReady": "2"}, "alwaysReady is '2', not of type int"),
        ({"zoneRedundant": "true"}, "zoneRedundant is 'true', not of type bool"),
        ({"plan": "basic"}, "plan is 'basic'; allowed: "),
        ({"flexMaximumInstances": 0}, "flexMaximumInstances is 0, less than 1"),
        ({"flexMaximumInstances": 1001}, "flexMaximumInstances is 1001, more than 1000"),
        ({"flexMaximumInstance": 10}, "no parameter flexMaximumInstance"),
    ],
)
def test_a_value_that_a_template_does_not_take_is_found(
    files: Mapping[Path, Bicep], tmp_path: Path, given: dict[str, object], fault: str
) -> None:
    content = json.loads((BICEP / "dev.parameters.json").read_text())
    content["parameters"] |= {name: {"value": value} for name, value in given.items()}
    (tmp_path / "wrong.parameters.json").write_text(json.dumps(content))
    (found,) = parameter_faults(tmp_path / "wrong.parameters.json", files[BICEP / "main.bicep"])
    assert fault in found


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_reference_is_found(files: Mapping[Path, Bicep], tmp_path: Path, case: str) -> None:
    right, wrong, fault = BROKEN[case]
    shutil.copytree(BICEP, tmp_path, dirs_exist_ok=True)
    main = tmp_path / "main.bicep"
    assert right in main.read_text()
    main.write_text(main.read_text().replace(right, wrong))
    elsewhere = {tmp_path / path.relative_to(BICEP): file for path, file in files.items()}
    assert any(fault in found for found in faults(read(main)[main], elsewhere))


def test_no_key_is_asked_for_anywhere() -> None:
    for path in (*BICEP.rglob("*.bicep"), *BICEP.rglob("*.json")):
        assert not re.search(r"listKeys|listAccountSas|AccountKey=|SharedAccessSignature|@secure", path.read_text()), (
            path
        )
    storage = (BICEP / "modules" / "storage.bicep").read_text()
    for line in ("allowSharedKeyAccess: false", "allowBlobPublicAccess: false", "minimumTlsVersion: 'TLS1_2'"):
        assert line in storage
    for path in BICEP.rglob("function-*.bicep"):
        assert "httpsOnly: true" in path.read_text()
        assert "minTlsVersion: '1.2'" in path.read_text()


def role_faults(text: str) -> list[str]:
    """Role ids that are none, or that stand in a variable with another role's name."""
    used = re.findall(r"(?:var (\w+) = )?'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", text)
    return [
        f"{name} is {ROLES.get(identifier, 'no role')}"
        for name, identifier in used
        if not name or not _words(name) <= _words(ROLES.get(identifier, ""))
    ]


def _words(name: str) -> set[str]:
    """metricsPublisher → metrics, publisher"""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}


def test_roles_are_the_ones_that_are_documented() -> None:
    text = "".join(path.read_text() for path in BICEP.rglob("*.bicep"))
    assert role_faults(text) == []
    assert [identifier for identifier in ROLES if identifier not in text] == []
    security = (PROJECT / "docs" / "security.md").read_text()
    assert [name for name in ROLES.values() if name not in security] == []


def test_a_wrong_role_is_found() -> None:
    text = (BICEP / "modules" / "roles.bicep").read_text()
    reader, contributor = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    assert role_faults(text.replace(reader, f"3{reader[1:]}")) == ["blobDataReader is no role"]
    assert role_faults(text.replace(reader, contributor)) == ["blobDataReader is Storage Blob Data Contributor"]
