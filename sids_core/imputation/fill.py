"""Fill the gaps of several indicators and years: one imputation each, gathered in one table."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sids_core.errors import RequestError, UnknownValueError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.filled import FilledTable, FillResult, NotImputed
from sids_core.imputation.impute import check_n_jobs, impute_from_at_most
from sids_core.imputation.selection import AUTOMATIC
from sids_core.panel.names import find_indicator, find_sids
from sids_core.panel.panel import Panel

if TYPE_CHECKING:
    from sids_core.imputation.result import ImputationResult

Progress = Callable[[int, int], object]
"""Called with the imputations done since the last call, and their total."""


def fill(
    panel: Panel,
    indicators: str | Sequence[str] | None = None,
    years: int | Sequence[int] | None = None,
    *,
    countries: Sequence[str] | None = None,
    config: ImputationConfig | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> FillResult:
    """Fill the gaps of SIDS in several indicators and years.

    Every imputed value is that of `impute` for its indicator and year, with the same configuration; only where fewer
    indicators can predict than `n_predictors`, as in a small table, all of them are used. What the data does not allow
    to impute is listed with the reason, and observed values are kept all the same.

    Args:
        panel: the data.
        indicators: codes or names of indicators; None for every indicator with a value in the years.
        years: one or several; None for every year of the panel, where no year without a value is imputed.
        countries: codes or names of the SIDS to fill; None for those with a value of any indicator in any year.
        config: the configuration of every imputation; by default `ImputationConfig()`.
        n_jobs: number of threads; by default one per core.
        progress: told how far it is.
        **options: fields of `ImputationConfig` that override those of `config`.

    Returns:
        A row for every value of the countries, observed or imputed.

    Raises:
        UnknownValueError: a year or option's value is unknown.
        RequestError: an indicator or country is unknown, a name is not unique, there is no value to begin with,
            `n_jobs` is below 1, or the predictors would be chosen manually.
        TypeError: an option is not a field of `ImputationConfig`.

    >>> from sids_core.panel.demo import demo_panel
    >>> filled = fill(demo_panel(), "Synthetic access to electricity", 2001, countries=["Fiji", "TON"], n_estimators=20)
    >>> filled.to_frame()[["country", "indicator", "year"]].values.tolist()
    [['FJI', 'key-wdi-EG.ELC.ACCS.ZS', 2001], ['TON', 'key-wdi-EG.ELC.ACCS.ZS', 2001]]
    >>> filled.not_imputed
    ()
    """
    config = replace(config or ImputationConfig(), **options)
    if config.selection not in AUTOMATIC:
        raise RequestError(
            f"selection {config.selection!r} is not possible: each indicator has predictors of its own; "
            f"allowed: {', '.join(AUTOMATIC)}",
            parameter="selection",
        )
    check_n_jobs(n_jobs)
    filled_countries = _countries(panel, countries)
    items = _items(panel, indicators, years)
    table, catalogue = FilledTable(panel, filled_countries), Catalogue(panel, config)
    not_imputed: list[NotImputed] = []
    n_imputed = 0
    for code, year in items:
        result: ImputationResult | None = None
        if _missing(panel, code, year, filled_countries):
            try:
                result = impute_from_at_most(panel, code, year, config=config, n_jobs=n_jobs)
                n_imputed += 1
            except RequestError as error:
                short = catalogue.not_a_target(code, year)
                not_imputed.append(NotImputed(code, year, short or str(error)))
        table.add(panel.indicator(code), year, result)
        if progress is not None:
            progress(1, len(items))
    return FillResult(
        table=table.frame(),
        indicators=tuple(dict.fromkeys(code for code, _ in items)),
        years=tuple(sorted({year for _, year in items})),
        countries=filled_countries,
        not_imputed=tuple(not_imputed),
        n_imputed=n_imputed,
        config=config,
        dataset_version=panel.version,
    )


def _countries(panel: Panel, countries: Sequence[str] | None) -> tuple[str, ...]:
    """Codes of the countries to fill, ascending."""
    if countries is None:
        present = np.flatnonzero(panel.observed_in_sids.any(axis=(0, 2)))
        chosen = {panel.sids[position] for position in present}
    else:
        chosen = {find_sids(text) for text in ([countries] if isinstance(countries, str) else countries)}
    if not chosen:
        raise RequestError("no country is to be filled: the data has a value of no SIDS", parameter="countries")
    return tuple(sorted(chosen))


def _items(
    panel: Panel, indicators: str | Sequence[str] | None, years: int | Sequence[int] | None
) -> list[tuple[str, int]]:
    """Code and year of each imputation; of indicators or years that nobody named, those with a value."""
    if indicators is None:
        codes = [indicator.code for indicator in panel.indicators]
    else:
        texts = [indicators] if isinstance(indicators, str) else indicators
        codes = list(dict.fromkeys(find_indicator(panel, text) for text in texts))
    wanted = panel.years if years is None else [years] if isinstance(years, int | np.integer | str) else years
    if unknown := [year for year in wanted if year not in panel.years]:
        raise UnknownValueError("year", unknown if len(unknown) > 1 else unknown[0], panel.years)
    each_named = indicators is not None and years is not None
    items = [
        (code, int(year))
        for code in codes
        for year in sorted(set(wanted))
        if each_named or panel.observed[panel.year_index(year), panel.indicator_index[code]]
    ]
    if not items:
        raise RequestError("there is no value in the indicators and years to be filled")
    return items


def _missing(panel: Panel, code: str, year: int, countries: Sequence[str]) -> bool:
    values = panel.values[panel.year_index(year), :, panel.indicator_index[code]]
    return any(np.isnan(values[panel.country_index[country]]) for country in countries)
