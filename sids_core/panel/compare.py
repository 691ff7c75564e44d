"""What changed between two datasets, in numbers: codes, metadata and values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Indicator, Panel


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes, or years, that only one of two datasets has, ascending; countries and years only with values."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LargestChange:
    """The relatively largest change of an indicator's value.

    Attributes:
        country: the country's code.
        year: the year.
        before: the value before.
        after: the value after.
        relative: (after - before) / |before|; infinite from 0.
    """

    country: str
    year: int
    before: float
    after: float
    relative: float


@dataclass(frozen=True, slots=True)
class IndicatorChange:
    """How many values of an indicator were added, removed and changed; an indicator may be new, or gone.

    Attributes:
        code: its code.
        name: its name, the later one.
        added: values where there were none.
        removed: values that are gone.
        changed: values that are others now.
        same: values that are equal.
        largest: the relatively largest change; None without one.
    """

    code: str
    name: str
    added: int
    removed: int
    changed: int
    same: int
    largest: LargestChange | None


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """A text of an indicator or dataset that both have: `what` is `name`, `units`, …, or `dataset name`."""

    code: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one dataset to another.

    Attributes:
        versions: of the two; equal for equal content.
        datasets: datasets.
        indicators: indicators.
        countries: countries with values.
        years: years with values.
        metadata: changed texts, by code.
        values: every indicator with a value that was added, removed or changed, by code.
        same: number of values that are equal in both, of all indicators.
    """

    versions: tuple[str, str]
    datasets: Codes
    indicators: Codes
    countries: Codes
    years: Codes
    metadata: tuple[MetadataChange, ...]
    values: tuple[IndicatorChange, ...]
    same: int

    def total(self, kind: str) -> int:
        """Sum over the indicators of their `added`, `removed` or `changed`."""
        return sum(int(getattr(change, kind)) for change in self.values)


def compare(before: Panel, after: Panel) -> Comparison:
    """Compare two datasets; values are equal if every digit is.

    >>> import pandas as pd
    >>> from sids_core import open_panel
    >>> old, new = ({"country": ["FJI"], "indicator": "wdi-A", "year": [2000], "value": [each]} for each in (2, 3))
    >>> (change,) = compare(open_panel(pd.DataFrame(old)), open_panel(pd.DataFrame(new))).values
    >>> change.changed, change.largest.relative
    (1, 0.5)
    """
    changes = _Changes(before, after)
    for year in sorted({*before.years, *after.years}):
        changes.add(year)
    return Comparison(
        versions=(before.version, after.version),
        datasets=_codes(before.datasets, after.datasets),
        indicators=_codes(before.indicator_index, after.indicator_index),
        countries=_codes(changes.countries_of(0), changes.countries_of(1)),
        years=_codes(changes.years[0], changes.years[1]),
        metadata=tuple(_metadata(before, after)),
        values=tuple(changes.by_indicator()),
        same=int(changes.same.sum()),
    )


class _Changes:
    """Counts of changed cells, year by year, over the countries and indicators of either panel."""

    def __init__(self, before: Panel, after: Panel) -> None:
        self._panels = (before, after)
        self._countries = sorted({*before.countries, *after.countries})
        self._codes = sorted({*before.indicator_index, *after.indicator_index})
        self._places = [
            np.ix_(_positions(panel.countries, self._countries), _positions(panel.indicator_index, self._codes))
            for panel in self._panels
        ]
        self._with_value = np.zeros((2, len(self._countries)), dtype=np.bool_)
        number = len(self._codes)
        self.years: tuple[list[int], list[int]] = ([], [])
        self.added, self.removed, self.changed, self.same = np.zeros((4, number), dtype=np.int64)
        self._largest = np.full(number, -1.0)
        self._where = np.zeros((2, number), dtype=np.int64)
        self._from_to = np.zeros((2, number))

    def add(self, year: int) -> None:
        """Count the cells of a year."""
        old, new = values = [self._slice(which, year) for which in (0, 1)]
        known = [np.isfinite(each) for each in values]
        for which in (0, 1):
            self._with_value[which] |= known[which].any(axis=1)
            if known[which].any():
                self.years[which].append(year)
        both = known[0] & known[1]
        changed = both & (old != new)
        self.added += (known[1] & ~known[0]).sum(axis=0)
        self.removed += (known[0] & ~known[1]).sum(axis=0)
        self.changed += changed.sum(axis=0)
        self.same += (both & ~changed).sum(axis=0)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            relative = np.where(changed, np.abs(new - old) / np.abs(old), -1.0)
        rows, columns = relative.argmax(axis=0), np.arange(len(self._codes))
        larger = relative[rows, columns] > self._largest
        rows, columns = rows[larger], columns[larger]
        self._largest[columns] = relative[rows, columns]
        self._where[:, columns] = rows, np.full(len(rows), year)
        self._from_to[:, columns] = old[rows, columns], new[rows, columns]

    def countries_of(self, which: int) -> list[str]:
        """The countries that have a value in one of the panels."""
        return [code for code, known in zip(self._countries, self._with_value[which], strict=True) if known]

    def by_indicator(self) -> list[IndicatorChange]:
        """The indicators with a change, by code."""
        return [
            IndicatorChange(
                code=code,
                name=self._name(code),
                added=int(self.added[place]),
                removed=int(self.removed[place]),
                changed=int(self.changed[place]),
                same=int(self.same[place]),
                largest=self._largest_of(place),
            )
            for place, code in enumerate(self._codes)
            if self.added[place] or self.removed[place] or self.changed[place]
        ]

    def _largest_of(self, place: int) -> LargestChange | None:
        if not self.changed[place]:
            return None
        row, year = self._where[:, place]
        before, after = map(float, self._from_to[:, place])
        relative = (after - before) / abs(before) if before else (inf if after > before else -inf)
        return LargestChange(self._countries[row], int(year), before, after, relative)

    def _name(self, code: str) -> str:
        panel = next(panel for panel in reversed(self._panels) if code in panel.indicator_index)
        return panel.indicator(code).label

    def _slice(self, which: int, year: int) -> NDArray[np.float64]:
        panel = self._panels[which]
        values = np.full((len(self._countries), len(self._codes)), np.nan)
        if year in panel.years:
            values[self._places[which]] = panel.values[panel.years.index(year)]
        return values


def _positions(codes: Sequence[str] | Mapping[str, int], every: Sequence[str]) -> NDArray[np.intp]:
    return np.searchsorted(np.array(every), np.array(list(codes)))


def _codes(before: Iterable[object], after: Iterable[object]) -> Codes:
    old, new = set(map(str, before)), set(map(str, after))
    return Codes(tuple(sorted(new - old)), tuple(sorted(old - new)))


def _metadata(before: Panel, after: Panel) -> list[MetadataChange]:
    changes = []
    for code in sorted({*before.indicator_index} & {*after.indicator_index}):
        old, new = _texts(before.indicator(code)), _texts(after.indicator(code))
        changes += [MetadataChange(code, what, old[what], new[what]) for what in old if old[what] != new[what]]
    for code in sorted({*before.datasets} & {*after.datasets}):
        if before.datasets[code] != after.datasets[code]:
            changes.append(MetadataChange(code, "dataset name", before.datasets[code], after.datasets[code]))
    return changes


def _texts(indicator: Indicator) -> dict[str, str]:
    return {what: text for what, text in asdict(indicator).items() if what != "code"}
