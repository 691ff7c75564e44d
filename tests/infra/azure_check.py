"""Prints what Azure would refuse in Bicep files, as JSON: run by the Python that has Azure's packages.

Every property, its type, its enumerated values, and what may not be missing are compared with the resource's models.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.infra.azure_models import ListOf, MapOf, Model, OneOf, Property, model
from tests.infra.azure_resources import MODELS, NEAREST, versions
from tests.infra.bicep_tree import Choice, Loop, Module, Resource, Unknown, read

# Part of Bicep, or of the address of a resource, and not of its body.
BICEP = frozenset(("name", "parent", "scope", "dependsOn"))
FITS = {
    "string": (str,), "int": (int,), "number": (int, float), "bool": (bool,), "object": (dict,), "array": (list,),
}  # fmt: skip
# Enumerations that Azure leaves open, by the place where they are used, with the reason.
OPEN = {
    "Microsoft.Insights/dataCollectionRules.properties.dataSources.extensions[].streams[]": (
        "names of the extension itself, from Microsoft's template for AKS"
    ),
    "Microsoft.Insights/dataCollectionRules.properties.dataFlows[].streams[]": "the same names",
}


def faults(resource: Resource) -> Iterator[str]:
    body = resource.body.item if isinstance(resource.body, Loop) else resource.body
    found = MODELS.get(resource.type) or MODELS.get(f"{resource.type}/{body['name']}")
    if found is None:
        yield f"{resource.type} is no resource that a package describes"
        return
    package, name = found
    package = f"azure.mgmt.{package}"
    known = versions(package).get(resource.type.lower())
    expected, _ = NEAREST.get(f"{resource.type}@{resource.version}", (resource.version, ""))
    if known != expected:
        yield f"{resource.type}: API version {resource.version}, but the models are of {known}"
    if not resource.existing:
        described = model(package, name)
        given = {key: value for key, value in body.items() if key not in BICEP}
        own = Model(described.name, {key: each for key, each in described.properties.items() if key not in BICEP})
        yield from _object(given, own, resource.type)


def _value(value: Any, kind: Any, place: str, rules: Any) -> Iterator[str]:
    if isinstance(value, Choice):
        for each in value.values:
            yield from _value(each, kind, place, rules)
    elif isinstance(value, Loop):
        yield from _value([value.item], kind, place, rules)
    elif value is not None:
        yield from _known(value, kind, place, rules)


def _known(value: Any, kind: Any, place: str, rules: Any) -> Iterator[str]:
    match kind:
        case ListOf(item) if isinstance(value, list):
            for each in value:
                yield from _value(each, item, f"{place}[]", {})
        case MapOf(inner) if isinstance(value, dict):
            for key, each in value.items():
                yield from _value(each, inner, f"{place}.{key}", {})
        case Model() if isinstance(value, dict):
            yield from _object(value, kind, place)
        case OneOf(values):
            yield from _enumerated(value, values, place)
        case _:
            yield from _typed(value, {ListOf: "array", MapOf: "object", Model: "object"}.get(type(kind), kind), place)
            yield from _bounded(value, rules, place)


def _object(given: dict[str, Any], described: Model, place: str) -> Iterator[str]:
    properties: dict[str, Property] = dict(described.properties)
    if described.kinds:
        chosen = given.get(described.discriminator)
        if not isinstance(chosen, str) or chosen not in described.kinds:
            yield f"{place}.{described.discriminator} is {_shown(chosen)}; allowed: {', '.join(described.kinds)}"
            return
        properties |= described.kinds[chosen].properties
        properties[described.discriminator] = Property("string")
    for name, value in given.items():
        if name not in properties:
            if not described.open:
                yield f"{place} has no property {name}"
        elif properties[name].read_only:
            yield f"{place}.{name} is read-only"
        else:
            yield from _value(value, properties[name].type, f"{place}.{name}", properties[name].rules)
    for name, described_property in properties.items():
        if described_property.required and name not in given:
            yield f"{place}.{name} is missing"


def _enumerated(value: Any, allowed: frozenset[Any], place: str) -> Iterator[str]:
    if place in OPEN:
        yield from _typed(value, "string", place)
    elif isinstance(value, Unknown):
        yield f"{place} may be anything; @allowed should say which of: {_listed(allowed)}"
    elif value not in allowed:
        yield f"{place} is {_shown(value)}; allowed: {_listed(allowed)}"


def _typed(value: Any, wanted: str, place: str) -> Iterator[str]:
    if wanted == "any":
        return
    if isinstance(value, Unknown):
        given = value.type
        if given is not None and given != wanted and not (wanted == "number" and given == "int"):
            yield f"{place} is of type {given}, not {wanted}"
    elif not isinstance(value, FITS[wanted]) or (isinstance(value, bool) and wanted != "bool"):
        yield f"{place} is {_shown(value)}, not of type {wanted}"


def _bounded(value: Any, rules: Any, place: str) -> Iterator[str]:
    if isinstance(value, str):
        if "pattern" in rules and not re.search(rules["pattern"], value):
            yield f"{place} is {value!r}, which does not match {rules['pattern']}"
        if not rules.get("min_length", 0) <= len(value) <= rules.get("max_length", len(value)):
            yield f"{place} is {value!r}, which is too short or too long"
    elif isinstance(value, int) and not isinstance(value, bool):
        least, most = rules.get("minimum_ei", rules.get("minimum", value)), rules.get("maximum", value)
        if not least <= value <= most:
            yield f"{place} is {value}, not between {least} and {most}"


def _listed(allowed: frozenset[Any]) -> str:
    return ", ".join(sorted(map(str, allowed)))


def _shown(value: Any) -> str:
    return type(value).__name__ if isinstance(value, dict | list | Unknown | Choice) else repr(value)


def module_faults(module: Module, folder: Path) -> Iterator[str]:
    """Parameters of a module that have another type than it declares, or values that it does not allow."""
    declared = read(folder / module.path).parameters
    for name, value in module.params.items():
        kind, allowed = declared.get(name, ("any", None))
        place = f"{module.symbol}.{name}"
        wanted = OneOf(frozenset(allowed.values)) if allowed else ListOf("any") if kind == "array" else kind
        yield from _value(value, wanted, place, {})


def main() -> None:
    answer = {}
    for path in map(Path, sys.argv[1:]):
        file = read(path)
        found = [(each.line, fault) for each in file.resources for fault in faults(each)]
        found += [(each.line, fault) for each in file.modules for fault in module_faults(each, path.parent)]
        answer[str(path)] = {
            "resources": [f"{resource.type}@{resource.version}" for resource in file.resources],
            "faults": [f"{path.name}:{line}: {fault}" for line, fault in found],
        }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
