"""Numbers written as text: which sign is the decimal one, what marks a missing value, and what cannot be understood.

The decimal sign is decided from all values of a table. `1,234` alone may be a thousand or a little more than one; some
other value of the table usually shows which. Where none does, the caller is asked rather than guessed at.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

MISSING = frozenset(
    "|..|...|…|na|n/a|n.a.|n.a|n/d|n.d.|nd|#n/a|nan|null|none|-|--|---|–|—|:|.|*|not available|no data|missing|"
    "not applicable".split("|")
)
"""Texts that mean a missing value, in lower case."""
BLANKS = "\u0020\u00a0\u2007\u2009\u202f"
"""Blanks that separate thousands: plain, no-break, figure, thin and narrow."""
# Marks of footnotes and flags after a number: `12.3*`, `12.3 (a)`, `12.3 [1]`, `12.3 1/`, and Eurostat's `12.3 e`.
MARK = re.compile(
    r"\s*(?:[*†‡#]+|[¹²³⁰-⁹ᵃ-ᶻ]+|\([A-Za-z]{1,2}\)|\[[A-Za-z0-9]{1,2}\]|(?<=\s)[0-9]{1,2}/|(?<=\s)[bcdefinprsuz])$"
)
BOUND = re.compile(r"(?:[<>≤≥~≈]|&[lg]t;)\s*[-+]?[0-9]")
MINUS = str.maketrans({"\u2212": "-", "\u2013": "-"})
PLAIN = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
GROUPED = r"[-+]?(?:[1-9][0-9]{{0,2}}(?P<group>[{groups}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*|[0-9]*)"
FRACTION = r"(?:{decimal}[0-9]*)?(?:[eE][-+]?[0-9]+)?"
AMBIGUOUS = re.compile(r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}")

LONGEST = 100
"""Letters of a number with its marks; more are a sentence."""


def _grammar(decimal: str, groups: str) -> re.Pattern[str]:
    return re.compile(
        GROUPED.format(groups=re.escape(groups) + BLANKS + "'’") + FRACTION.format(decimal=re.escape(decimal))
    )


GRAMMARS: Mapping[str, re.Pattern[str]] = {".": _grammar(".", ","), ",": _grammar(",", ".")}


class Kind(StrEnum):
    """What the text of a cell is."""

    NUMBER = "number"
    MISSING = "missing"
    BOUND = "bound"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as understood.

    Attributes:
        kind: what it is.
        value: the number; NaN otherwise.
        mark: what was written after the number and is not part of it; the text of a missing value.
        percent: whether a percent sign followed the number.
    """

    kind: Kind
    value: float = float("nan")
    mark: str = ""
    percent: bool = False


def read_number(text: str, decimal: str) -> Cell:
    """The number in a text, with this decimal sign; other signs may separate thousands.

    >>> read_number("1 234,5", ",").value, read_number("12,5 %", ",").value, read_number("12.3 (a)", ".").value
    (1234.5, 12.5, 12.3)
    >>> read_number("<5", ".").kind.value, read_number("..", ".").kind.value, read_number("1.2.3", ".").kind.value
    ('bound', 'missing', 'other')
    """
    text = text.strip()
    if text.lower() in MISSING:
        return Cell(Kind.MISSING, mark=text)
    if len(text) > LONGEST:
        return Cell(Kind.OTHER, mark=text)
    if decimal == "." and PLAIN.fullmatch(text):
        return Cell(Kind.NUMBER, float(text))
    number, mark, percent = _core(text)
    if number.lower() in MISSING and not percent:
        return Cell(Kind.MISSING, mark=text)
    match = GRAMMARS[decimal].fullmatch(number)
    if match and any(letter.isdecimal() for letter in number):
        return Cell(Kind.NUMBER, float(_ungrouped(number, match["group"], decimal)), mark, percent)
    return Cell(Kind.BOUND if BOUND.match(text) else Kind.OTHER, mark=text)


def _ungrouped(number: str, group: str | None, decimal: str) -> str:
    return (number.replace(group, "") if group else number).replace(decimal, ".")


def _core(text: str) -> tuple[str, str, bool]:
    """The number, the marks after it, and whether there is a percent sign."""
    core, percent = text.translate(MINUS), False
    while True:
        if core.endswith("%"):
            core, percent = core[:-1].rstrip(), True
        elif (found := MARK.search(core)) and found.start():
            core = core[: found.start()].rstrip()
        else:
            break
    mark = text[len(core) :].replace("%", "").strip()
    return core, mark, percent


def shown_as_percent(value: float) -> float:
    """A number that a spreadsheet shows as a percentage, as it shows it: 0.07 is 7 %.

    >>> shown_as_percent(0.07)
    7.0
    """
    return float(Decimal(repr(value)).scaleb(2))


@dataclass(frozen=True, slots=True)
class Signs:
    """Which decimal sign the values of a table show.

    Attributes:
        point, comma: a text that only a decimal point, or only a decimal comma, explains; empty without one.
        points, commas: a text that may have either thousands or three decimals: `1.234`, `1,234`.
    """

    point: str = ""
    comma: str = ""
    points: str = ""
    commas: str = ""

    @property
    def decimal(self) -> str:
        """The decimal sign; empty if the values show none, or both."""
        if self.point and self.comma:
            return ""
        if self.point or self.comma:
            return "." if self.point else ","
        return "" if self.commas else "."


def signs_of(texts: Iterable[str]) -> Signs:
    """What some texts show of the decimal sign."""
    found = {"point": "", "comma": "", "points": "", "commas": ""}
    for text in texts:
        if len(text) > LONGEST or ("," not in text and "." not in text):
            continue
        if found["point"] and "," not in text and text.count(".") == 1:
            continue
        number = _core(text.strip())[0]
        as_point, as_comma = (GRAMMARS[sign].fullmatch(number) is not None for sign in (".", ","))
        if AMBIGUOUS.fullmatch(number):
            found["points" if "." in number else "commas"] = text
        elif as_point != as_comma and any(letter.isdecimal() for letter in number):
            found["point" if as_point else "comma"] = text
    return Signs(**found)
