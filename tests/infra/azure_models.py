"""The models of Azure's management packages in one form, whichever generator made them.

Older packages describe a model by `_attribute_map`, `_validation` and, for enumerations, its docstring; newer ones by
annotated `rest_field`s. Both come from Azure's own specifications, and so say what Azure's resource manager takes.
Run by the Python of the tools.
"""

import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

VARTYPE = re.compile(r":vartype (\w+): (.+?)(?=\n\s*:|\n\n|\Z)", re.DOTALL)
PRIMITIVE = {
    "str": "string",
    "int": "int",
    "float": "number",
    "Decimal": "number",
    "bool": "bool",
    "object": "any",
    "unknown": "any",
}


@dataclass(frozen=True)
class ListOf:
    item: Any


@dataclass(frozen=True)
class MapOf:
    value: Any


@dataclass(frozen=True)
class OneOf:
    """An enumeration."""

    values: frozenset[Any]


@dataclass
class Property:
    """`type` is a name such as "string", or one of ListOf, MapOf, OneOf and Model."""

    type: Any
    required: bool = False
    read_only: bool = False
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Model:
    """`kinds` are the models that the property `discriminator` chooses among; `open` allows other properties."""

    name: str
    properties: dict[str, Property] = field(default_factory=dict)
    discriminator: str = ""
    kinds: dict[str, "Model"] = field(default_factory=dict)
    open: bool = False


@cache
def model(package: str, name: str) -> Model:
    """The model of that name in the package's `models`.

    Raises:
        AttributeError: the package has none.
    """
    cls = getattr(import_module(f"{package}.models"), name)
    result = Model(name)
    _KNOWN[cls] = result
    (_old if hasattr(cls, "_attribute_map") else _new)(cls, package, result)
    return result


_KNOWN: dict[type, Model] = {}


def _of(cls: type, package: str) -> Model:
    """The model of a class; it may contain itself."""
    return _KNOWN[cls] if cls in _KNOWN else model(package, cls.__name__)


def _new(cls: Any, package: str, result: Model) -> None:
    models = import_module(f"{package}.models")
    names = {**vars(models), "_models": models, **vars(typing)}
    discriminators = []
    for base in reversed(cls.__mro__):
        hints = inspect.get_annotations(base)
        for attribute, declared in vars(base).items():
            if type(declared).__name__ != "_RestField":
                continue
            annotation = _resolved(hints[attribute], {**vars(sys.modules[base.__module__]), **names})
            inner = [part for part in typing.get_args(annotation) if part is not type(None)]
            optional = type(None) in typing.get_args(annotation)
            kind = typing.Union[tuple(inner)] if optional else annotation  # noqa: UP007
            wire = declared._rest_name_input or attribute
            read_only = declared._visibility == ["read"]
            result.properties[wire] = Property(_hinted(kind, package), not optional and not read_only, read_only)
            if declared._is_discriminator:
                discriminators.append(wire)
    if discriminators and (kinds := vars(cls).get("__mapping__")):
        result.discriminator = discriminators[0]
        result.kinds = {value: _of(kind, package) for value, kind in kinds.items()}


def _resolved(annotation: Any, names: Mapping[str, Any]) -> Any:
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    return typing.get_type_hints(holder, dict(names))["it"]


def _hinted(hint: Any, package: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        enumerations = [part for part in inner if inspect.isclass(part) and issubclass(part, Enum)]
        return _hinted(enumerations[0], package) if enumerations else "any"
    if origin is typing.Literal:
        return OneOf(frozenset(str(getattr(value, "value", value)) for value in inner))
    if origin is list:
        return ListOf(_hinted(inner[0], package))
    if origin is dict:
        return MapOf(_hinted(inner[1], package))
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return OneOf(frozenset(str(member.value) for member in hint))
    if inspect.isclass(hint) and hint.__module__.startswith(package):
        return _of(hint, package)
    # Dates and durations are strings in a template.
    return PRIMITIVE.get(getattr(hint, "__name__", ""), "any" if hint is Any else "string")


def _old(cls: Any, package: str, result: Model) -> None:
    documented = {name: text for base in reversed(cls.__mro__) for name, text in VARTYPE.findall(base.__doc__ or "")}
    for attribute, declared in cls._attribute_map.items():
        rules = cls._validation.get(attribute, {})
        if not declared["key"]:
            result.open = True
            continue
        *outer, wire = re.split(r"(?<!\\)\.", declared["key"])
        place = result
        for name in outer:
            place = _nested(place, name, required=bool(rules.get("required")))
        enumeration = re.search(rf"~{re.escape(package)}\.models\.(\w+)", documented.get(attribute, ""))
        read_only = bool(rules.get("readonly"))
        kind = _named(declared["type"], package, enumeration[1] if enumeration else "")
        wire = wire.replace("\\.", ".")
        constant = bool(rules.get("constant"))
        place.properties[wire] = Property(
            kind, bool(rules.get("required")) and not read_only and not constant, read_only, rules
        )
    # The classes below inherit the attribute.
    for attribute, kinds in vars(cls).get("_subtype_map", {}).items():
        result.discriminator = cls._attribute_map[attribute]["key"].replace("\\.", ".")
        result.kinds = {value: model(package, name) for value, name in kinds.items()}


def _nested(place: Model, name: str, *, required: bool) -> Model:
    """The object that a flattened attribute stands in."""
    inner = place.properties.setdefault(name, Property(Model(f"{place.name}.{name}")))
    inner.required |= required
    if not isinstance(inner.type, Model):
        raise TypeError(f"{place.name}.{name} is flattened, and a value")
    return inner.type


def _named(name: str, package: str, documented: str) -> Any:
    """The type that an attribute map names; `documented` is the enumeration that only the docstring mentions."""
    if name.startswith("["):
        return ListOf(_named(name[1:-1], package, documented))
    if name.startswith("{"):
        return MapOf(_named(name[1:-1], package, documented))
    models = import_module(f"{package}.models")
    if name == "str" and documented:
        return _hinted(getattr(models, documented), package)
    return _of(getattr(models, name), package) if hasattr(models, name) else PRIMITIVE.get(name, "string")
