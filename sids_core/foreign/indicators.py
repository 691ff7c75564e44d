"""Codes and descriptions of the indicators that tables name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sids_core.foreign.marks import key, plain
from sids_core.foreign.roles import WHOLE
from sids_core.panel.metadata import fault_of_code

LONGEST = 120
"""Letters of a code that is made of a name."""
NOT_IN_CODES = re.compile(r"[^0-9A-Za-z_+]+")


@dataclass(frozen=True, slots=True)
class Named:
    """An indicator as a table names it.

    Attributes:
        code: its code, or its name where the table has no codes.
        name: its name, or its code.
        unit: the unit; empty without one.
        members: the dimensions that may divide it: column and member.
    """

    code: str
    name: str
    unit: str = ""
    members: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Coded:
    """An indicator of the result: its code, name, dimension and units."""

    code: str
    name: str
    dimension: str
    unit: str


def code_of(text: str) -> str:
    """A usable code: the text itself, or the words of a name.

    >>> code_of("SP.POP.TOTL"), code_of("Access to electricity (% of population)"), code_of("A/B")
    ('SP.POP.TOTL', 'access_to_electricity_of_population', 'a_b')
    """
    if not fault_of_code(text) and not any(map(str.isspace, text)):
        return text
    code = plain(text).replace(" ", "_")[:LONGEST]
    return "indicator" if fault_of_code(code) else code


def coded(named: Sequence[Named]) -> list[Coded]:
    """Codes and descriptions, one for each.

    The members of the dimensions that differ within an indicator follow its code: `SI_POV_EMP1.FEMALE`.
    """
    by_code: dict[str, list[Named]] = {}
    for each in named:
        by_code.setdefault(each.code, []).append(each)
    dividing = {code: _dividing(group) for code, group in by_code.items()}
    taken: dict[str, tuple[str, ...]] = {}
    found: dict[int, Coded] = {}
    # Codes that need no change keep theirs, wherever they come.
    for at, each in sorted(enumerate(named), key=lambda item: code_of(item[1].code) != item[1].code):
        suffix = [member for column, member in _members(each) if column in dividing[each.code]]
        code = ".".join([code_of(each.code), *(NOT_IN_CODES.sub("_", member) or "_" for member in suffix)])
        code = _free(code, (each.code, *suffix), taken)
        found[at] = Coded(code, each.name, _dimension(each, dividing[each.code]), each.unit)
    return [found[at] for at in range(len(named))]


def _members(named: Named) -> tuple[tuple[str, str], ...]:
    return (*named.members, ("Unit", named.unit))


def _dividing(group: Sequence[Named]) -> set[str]:
    """The dimensions with several members; of units those that are written count."""
    members: dict[str, set[str]] = {}
    for each in group:
        for column, member in _members(each):
            if member or column != "Unit":
                members.setdefault(column, set()).add(member)
    columns = {column for each in group for column, _ in each.members}
    partial = {column for column in columns if any(column not in dict(each.members) for each in group)}
    return {
        column for column, found in members.items() if len(found) > 1 or (column in partial and not _is_whole(found))
    }


def _is_whole(members: set[str]) -> bool:
    return all(key(member) in WHOLE for member in members)


def _dimension(named: Named, dividing: set[str]) -> str:
    parts = [
        f"{column}: {member}"
        for column, member in named.members
        if member and (column in dividing or not _is_whole({member}))
    ]
    return ", ".join(parts)


def _free(code: str, identity: tuple[str, ...], taken: dict[str, tuple[str, ...]]) -> str:
    """The code, with a number if another indicator has it."""
    free, number = code, 1
    while taken.setdefault(free, identity) != identity:
        number += 1
        free = f"{code}_{number}"
    return free


def meta_row(indicator: Coded, dataset: str) -> Mapping[str, str]:
    """Its row of indicatorMeta."""
    return {
        "Indicator Code": indicator.code,
        "Indicator": indicator.name,
        "Units": indicator.unit,
        "Category": "",
        "Dimension": indicator.dimension,
        "Dataset": dataset,
    }
