"""Correlation and clusters of the real dataset, where it is."""

import numpy as np

from sids_core.panel.panel import Panel
from sids_core.similarity import catalogue
from sids_core.similarity.cluster import cluster_countries
from sids_core.similarity.correlate import correlate

YEAR = 2015


def test_every_category_has_an_answer(real_panel: Panel) -> None:
    """Whatever is offered can be asked for: sparse categories, constant indicators, single countries."""
    asked = 0
    for dataset in catalogue.datasets(real_panel, YEAR):
        for category in catalogue.categories(real_panel, dataset, YEAR):
            countries = catalogue.countries(real_panel, dataset, category, YEAR)
            asked += 1
            for method in ("pearson", "spearman"):
                result = correlate(
                    real_panel, countries[0], dataset=dataset, category=category, year=YEAR, method=method
                )
                assert (np.abs(result.correlations[~np.isnan(result.correlations)]) <= 1).all()
            if asked % 5 == 0:  # a fifth of them is enough, and takes a few seconds
                clusters = cluster_countries(real_panel, dataset=dataset, category=category, year=YEAR, k=4)
                assert list(clusters.countries) == countries
                assert np.isfinite(clusters.inertia)
    assert asked > 50
