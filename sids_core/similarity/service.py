"""Correlation and clustering of countries, from request to response."""

import numpy as np

from sids_core.errors import RequestError, UnknownValueError
from sids_core.panel.panel import Panel
from sids_core.similarity.coefficients import COEFFICIENTS
from sids_core.similarity.figures import Figures, read_figures, with_figures
from sids_core.similarity.k_means import k_means, means
from sids_core.similarity.scaling import standardise
from sids_core.similarity.schemas import ClusterRequest, ClusterResponse, CorrelateRequest, CorrelateResponse
from sids_core.similarity.silhouette import silhouette
from sids_core.stages import stage

SIGNIFICANT_DIGITS = 10


def correlate(panel: Panel, request: CorrelateRequest) -> CorrelateResponse:
    """Correlation of a country with every other SIDS over a category's indicators in a year.

    Each pair is compared over the indicators that both have. Countries of equal correlation are in alphabetical order.

    Raises:
        UnknownValueError: the data has no such year, dataset, category or country.
        RequestError: there are no figures in the category and year, or none of the country.
    """
    with stage("slice"):
        figures = read_figures(panel, request.dataset, request.category, request.year)
        row = _row(figures, request)
    with stage("correlate"):
        values = standardise(figures.values) if request.standardize else figures.values
        present = np.isfinite(values)
        shared = (present & present[row]).sum(axis=1)
        coefficients = COEFFICIENTS[request.method](values[row], values)
        coefficients[shared < request.min_shared] = np.nan
    # NaN sorts last, and a stable sort keeps the alphabetical order of equal ones.
    order = [index for index in np.argsort(-coefficients, kind="stable").tolist() if index != row]
    codes = [figures.countries[index] for index in order]
    found = [None if np.isnan(r) else float(r) for r in coefficients[order]]
    return CorrelateResponse(
        country_corr={"Country Code": codes, request.country: found},
        shared_indicators={figures.countries[index]: int(shared[index]) for index in order},
        indicators=int(present[row].sum()),
    )


def cluster(panel: Panel, request: ClusterRequest) -> ClusterResponse:
    """Clusters of the SIDS by a category's indicators in a year; those without a figure are left out.

    Raises:
        UnknownValueError: the data has no such year, dataset or category.
        RequestError: there are no figures in the category and year.
    """
    with stage("slice"):
        figures = read_figures(panel, request.dataset, request.category, request.year)
        values = figures.values[np.isfinite(figures.values).any(axis=1)]
        scaled = standardise(values) if request.standardize else values
    with stage("cluster"):
        labels, inertia = k_means(scaled, request.k)
    with stage("silhouette"):
        score = silhouette(scaled, labels)
    return ClusterResponse(
        country=with_figures(figures),
        label=labels.tolist(),
        k=int(labels.max()) + 1,
        centroids=[
            {code: None if np.isnan(mean) else float(mean) for code, mean in zip(figures.indicators, row, strict=True)}
            for row in means(values, labels)
        ],
        inertia=_rounded(inertia),
        silhouette=None if score is None else _rounded(score),
    )


def _row(figures: Figures, request: CorrelateRequest) -> int:
    allowed = with_figures(figures)
    if request.country not in figures.countries:
        raise UnknownValueError("country", request.country, allowed)
    if request.country not in allowed:
        raise RequestError(
            f"country {request.country!r} has no figure in category {request.category!r} of dataset "
            f"{request.dataset!r} in {request.year}; those that have: {', '.join(allowed)}",
            kind="no_data",
            parameter="country",
        )
    return figures.countries.index(request.country)


def _rounded(number: float) -> float:
    """Without the last digits, which depend on the order of sums."""
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}")
