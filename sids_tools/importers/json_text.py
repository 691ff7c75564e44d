"""Reads JSON without losing repeated names."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def parse_json(text: bytes) -> Any:
    """Parsed JSON; raises ValueError for any other text.

    Of a repeated name an object has the last value, as usual; `all_items` gives the others too.
    """
    return json.loads(text, object_pairs_hook=_object)


def all_items(parsed: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Every name and value of an object of `parse_json`, in the order of the text."""
    return parsed.items_in_text if isinstance(parsed, _Repeating) else parsed.items()


class _Repeating(dict[str, Any]):
    """An object with repeated names. Others, nearly all, are plain dictionaries, which take less time and memory."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        super().__init__(items)
        self.items_in_text = items


def _object(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    return found if len(found) == len(items) else _Repeating(items)
