"""Registries of interchangeable parts, such as the ensembles of an imputation.

A registry is an immutable mapping from a name to an entry. An entry holds plain attributes and the path of a factory,
imported on first use: importing a registry imports no numerical library, so that a service can list its options before
it loads any of them. Allowed values, forms and help texts are derived from the registry; adding a part is one file and
one entry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from sids_core.errors import UnknownValueError


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One part. Registries subclass it for further attributes.

    Attributes:
        label: shown to people.
        factory: `module:attribute`, the class or function that makes the part.
    """

    label: str
    factory: str


EntryT = TypeVar("EntryT", bound=Entry)
FactoryT = TypeVar("FactoryT")


class Registry(Mapping[str, EntryT], Generic[EntryT, FactoryT]):
    """Entries by name, in display order.

    >>> shapes = Registry({"counter": Entry(label="Counter", factory="collections:Counter")})
    >>> shapes.load("counter")("abca")["a"]
    2
    >>> more = shapes | {"deque": Entry(label="Double-ended queue", factory="collections:deque")}
    >>> list(more), list(shapes)
    (['counter', 'deque'], ['counter'])
    """

    def __init__(self, entries: Mapping[str, EntryT]) -> None:
        self._entries = MappingProxyType(dict(entries))

    def __getitem__(self, name: str) -> EntryT:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __or__(self, entries: Mapping[str, EntryT]) -> "Registry[EntryT, FactoryT]":
        """A new registry with these entries added, or replaced."""
        return Registry({**self._entries, **entries})

    def load(self, name: str) -> FactoryT:
        """Import and return the factory of an entry.

        Raises:
            KeyError: the entry does not exist.
            ImportError: the factory's module cannot be imported.
        """
        module, _, attribute = self[name].factory.partition(":")
        factory: Any = getattr(import_module(module), attribute)
        return cast("FactoryT", factory)

    def check(self, name: str, parameter: str, *others: str) -> None:
        """Raise UnknownValueError, naming the parameter, unless the name is an entry or one of the others."""
        if name not in self and name not in others:
            raise UnknownValueError(parameter, name, (*self, *others))

    def labels(self) -> tuple[tuple[str, str], ...]:
        """Name and label of each entry."""
        return tuple((name, entry.label) for name, entry in self.items())
