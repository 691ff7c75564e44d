"""Registries of interchangeable parts, such as the ensembles of an imputation.

A registry is an immutable mapping from a name to an entry. An entry holds plain facts and the path of a factory, which
is imported when it is first needed: importing a registry imports no numerical library, so that a service can list what
it offers before it has loaded any of it. What is allowed, offered and shown elsewhere is read from the registry; adding
a part is one file and one entry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from sids_core.errors import UnknownValueError


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One part. A registry whose parts have further facts subclasses this.

    Attributes:
        label: what a person reads.
        factory: `module:attribute`, the class or function that makes the part.
    """

    label: str
    factory: str


EntryT = TypeVar("EntryT", bound=Entry)
FactoryT = TypeVar("FactoryT")


class Registry(Mapping[str, EntryT], Generic[EntryT, FactoryT]):
    """Entries by name, in the order in which they are offered.

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
            KeyError: there is no such entry.
            ImportError: the factory's module cannot be imported.
        """
        module, _, attribute = self[name].factory.partition(":")
        factory: Any = getattr(import_module(module), attribute)
        return cast("FactoryT", factory)

    def check(self, name: str, parameter: str, *others: str) -> None:
        """Raise UnknownValueError, which names the parameter, where neither an entry nor one of the others is meant."""
        if name not in self and name not in others:
            raise UnknownValueError(parameter, name, (*self, *others))

    def labels(self) -> tuple[tuple[str, str], ...]:
        """Name and label of each entry."""
        return tuple((name, entry.label) for name, entry in self.items())
