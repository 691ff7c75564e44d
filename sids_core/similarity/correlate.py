"""Correlation of one country with every other, over the indicators observed in both (pairwise complete)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.export import Exportable
from sids_core.panel.panel import Panel
from sids_core.similarity import COEFFICIENTS
from sids_core.similarity.catalogue import CategoryTable, Matrix, read_category, standardized
from sids_core.stages import stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

FEWEST_SHARED = 2
# Values that differ by less than this share of the largest count as constant: rounding only.
NEARLY_EQUAL = 1e-12
# Sums in another order differ in later decimals, which must not decide the ranking.
DECIMALS = 12


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationResult(Exportable):
    """The other SIDS by decreasing correlation with a country, undefined ones last.

    Attributes:
        country: the country that the others are compared with.
        countries: codes (n,) of the others; equally correlated ones in alphabetical order.
        correlations: float64 (n,), -1 to 1; NaN where undefined.
        shared_indicators: int (n,), number of indicators with a value in both countries.
        n_indicators: number of the category's indicators with a value in `country`.
    """

    country: str
    countries: tuple[str, ...]
    correlations: Matrix
    shared_indicators: NDArray[np.intp]
    n_indicators: int

    def to_frame(self) -> "DataFrame":
        """One row per country: country, correlation, shared_indicators."""
        from pandas import DataFrame

        return DataFrame(
            {
                "country": self.countries,
                "correlation": self.correlations,
                "shared_indicators": self.shared_indicators,
            }
        )

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the defined correlations as bars, the highest on top.

        Args:
            ax: where to draw; None makes a figure of matplotlib's pyplot.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.export.plots import plot_bars

        pairs = zip(self.countries, self.correlations.tolist(), strict=True)
        defined = {code: value for code, value in pairs if not np.isnan(value)}
        return plot_bars(defined, label=f"correlation with {self.country}", ax=ax)


def correlate(
    panel: Panel,
    country: str,
    *,
    dataset: str,
    category: str,
    year: int,
    method: str = "pearson",
    standardize: bool = False,
    min_shared: int = 3,
) -> CorrelationResult:
    """Correlate a country with every other SIDS over the indicators of a category in a year.

    Each pair is compared over the indicators with a value in both. Pearson's r, or Spearman's rho: C. Spearman
    (1904), The proof and measurement of association between two things, American Journal of Psychology 15(1).

    Args:
        panel: the data.
        country: ISO 3166-1 alpha-3 code of a SIDS.
        dataset: code of a dataset.
        category: one of its categories, whose indicators are compared.
        year: year of the values.
        method: `pearson` or `spearman`.
        standardize: scale each indicator to mean 0 and standard deviation 1 over the SIDS first; otherwise the
            indicators with the largest units dominate Pearson's r.
        min_shared: smallest number of shared indicators for a correlation to be defined, at least 2.

    Returns:
        The 49 other SIDS. A correlation is NaN with fewer than `min_shared` shared indicators, or if the shared values
        of one country are all equal.

    Raises:
        UnknownValueError: the panel does not have the year, dataset, category or country, or the method is unknown.
        RequestError: the category or the country has no value in the year, or `min_shared` is below 2.

    >>> from sids_core.panel.demo import demo_panel
    >>> result = correlate(demo_panel(), "FJI", dataset="key", category="Economy", year=2001)
    >>> len(result.countries)
    49
    >>> list(result.to_frame())
    ['country', 'correlation', 'shared_indicators']
    """
    if method not in COEFFICIENTS:
        raise UnknownValueError("method", method, COEFFICIENTS)
    if min_shared < FEWEST_SHARED:
        raise RequestError(f"min_shared is {min_shared}; it must be at least {FEWEST_SHARED}", parameter="min_shared")
    with stage("slice"):
        table = read_category(panel, dataset, category, year)
        row = _row(table, country, f"category {category!r} of dataset {dataset!r} in {year}")
    with stage("correlate"):
        values = standardized(table.values) if standardize else table.values
        present = np.isfinite(values)
        shared = (present & present[row]).sum(axis=1)
        correlations = correlations_with(values[row], values, method)
        correlations[shared < min_shared] = np.nan
    # NaN sorts last, and a stable sort keeps the alphabetical order of equal ones.
    order = [index for index in np.argsort(-correlations, kind="stable").tolist() if index != row]
    return CorrelationResult(
        country=country,
        countries=tuple(table.countries[index] for index in order),
        correlations=correlations[order],
        shared_indicators=shared[order],
        n_indicators=int(present[row].sum()),
    )


def correlations_with(row: Matrix, others: Matrix, method: str) -> Matrix:
    """Correlate `row` (m,) with each row of `others` (n, m) over the values observed in both.

    Returns:
        Float64 (n,), -1 to 1; NaN where the shared values of either do not vary. Spearman's rho is Pearson's r of the
        ranks among the shared values, ties at their mean rank.
    """
    shared = np.isfinite(row) & np.isfinite(others)
    one, other = np.broadcast_to(row, others.shape), others
    if COEFFICIENTS[method].of_ranks:
        one, other = _ranks(row, shared), _ranks(others, shared)
    products = _unit_vectors(one, shared) * _unit_vectors(other, shared)
    coefficients: Matrix = np.clip(products.sum(axis=1), -1, 1).round(DECIMALS)
    return coefficients


def _ranks(values: Matrix, shared: NDArray[np.bool_]) -> Matrix:
    from pandas import DataFrame

    return DataFrame(np.where(shared, values, np.nan)).rank(axis=1).to_numpy()


def _unit_vectors(values: Matrix, shared: NDArray[np.bool_]) -> Matrix:
    """Each row's shared values, centred and scaled to unit length, 0 elsewhere; NaN for rows that do not vary.

    Divided by the largest first, so that no square overflows.
    """
    filled = np.where(shared, values, 0.0)
    largest = np.abs(filled).max(axis=1, initial=0, keepdims=True)
    scaled = np.divide(filled, largest, out=np.zeros_like(filled), where=largest > 0)
    count = np.maximum(shared.sum(axis=1, keepdims=True), 1)
    centred = np.where(shared, scaled - scaled.sum(axis=1, keepdims=True) / count, 0.0)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    varies = np.abs(centred).max(axis=1, initial=0, keepdims=True) > NEARLY_EQUAL
    vectors: Matrix = np.divide(centred, length, out=np.full_like(centred, np.nan), where=varies)
    return vectors


def _row(table: CategoryTable, country: str, place: str) -> int:
    allowed = table.countries_with_values()
    if country not in table.countries:
        raise UnknownValueError("country", country, allowed)
    if country not in allowed:
        raise RequestError(
            f"country {country!r} has no value in {place}; countries with values: {', '.join(allowed)}",
            kind="no_data",
            parameter="country",
        )
    return table.countries.index(country)
