"""What the panel holds of the SIDS: indicators by search, and observed series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import UnknownValueError
from sids_core.panel.panel import Indicator, Panel


@dataclass(frozen=True, slots=True)
class Observations:
    """How much of an indicator is observed in the SIDS.

    Attributes:
        years: the years with a value in at least one SIDS, ascending.
        sids: number of SIDS with a value in any year.
        values: number of values of SIDS.
    """

    years: tuple[int, ...]
    sids: int
    values: int


def search_indicators(
    panel: Panel, text: str = "", *, dataset: str | None = None, category: str | None = None
) -> list[Indicator]:
    """Find indicators by words.

    Args:
        panel: the data.
        text: every word must occur in the code, name, dimension, category or dataset's name, in any case.
        dataset: code of a dataset; None searches all.
        category: a category; None searches all.

    Returns:
        The best first: the code itself, then names that begin with the text, then those with more values of SIDS.

    Raises:
        UnknownValueError: the dataset or category is unknown.

    >>> from sids_core.panel.demo import demo_panel
    >>> [found.code for found in search_indicators(demo_panel(), "ELECTRICITY access")][:1]
    ['key-wdi-EG.ELC.ACCS.ZS']
    """
    if dataset is not None:
        panel.check_dataset(dataset)
    categories = {indicator.category for indicator in panel.indicators}
    if category is not None and category not in categories:
        raise UnknownValueError("category", category, sorted(categories))
    wanted, values = text.casefold(), panel.observed_in_sids.sum(axis=(0, 1))

    def rank(indicator: Indicator) -> tuple[bool, bool, int, str]:
        begins = bool(wanted) and indicator.name.casefold().startswith(wanted)
        return (
            indicator.code.casefold() != wanted,
            not begins,
            -int(values[panel.indicator_index[indicator.code]]),
            indicator.code,
        )

    found = [
        indicator
        for indicator in panel.indicators
        if dataset in (None, indicator.dataset)
        and category in (None, indicator.category)
        and _has_words(panel, indicator, wanted.split())
    ]
    return sorted(found, key=rank)


def observations(panel: Panel, indicator: Indicator) -> Observations:
    """Count the observations of an indicator of the panel in the SIDS."""
    known = panel.observed_in_sids[:, :, panel.indicator_index[indicator.code]]
    years = tuple(panel.years[at] for at in np.flatnonzero(known.any(axis=1)))
    return Observations(years, int(known.any(axis=0).sum()), int(known.sum()))


def observed_series(panel: Panel, indicator: str, countries: Sequence[str] = ()) -> dict[str, NDArray[np.float64]]:
    """The series of an indicator in several SIDS.

    Args:
        panel: the data.
        indicator: code of the indicator.
        countries: codes of SIDS; none of them stands for every SIDS with a value.

    Returns:
        Country code → float64 (years,) in the indicator's unit, NaN where missing.

    Raises:
        UnknownValueError: the indicator is unknown, or a country is no SIDS.
    """
    panel.indicator(indicator, "indicator")
    column = panel.indicator_index[indicator]
    if unknown := [code for code in countries if code not in panel.sids]:
        raise UnknownValueError("country", unknown[0], panel.sids)
    known = panel.observed_in_sids[:, :, column].any(axis=0)
    chosen = countries or [panel.sids[at] for at in np.flatnonzero(known)]
    return {code: panel.values[:, panel.country_index[code], column] for code in dict.fromkeys(chosen)}


def _has_words(panel: Panel, indicator: Indicator, words: Sequence[str]) -> bool:
    texts = (indicator.code, indicator.label, indicator.category, panel.datasets.get(indicator.dataset, ""))
    searched = "\n".join(texts).casefold()
    return all(word in searched for word in words)
