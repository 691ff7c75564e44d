"""Correlation and clusters of the real dataset, where it is."""

from pathlib import Path

import numpy as np
import pytest

from sids_core.panel.panel import Panel
from sids_core.similarity import catalogue
from sids_core.similarity.cluster import cluster_countries
from sids_core.similarity.correlate import correlate
from sids_service.dataset.panel_source import PanelSource
from sids_service.dataset.sources import FolderSource

YEAR = 2015


@pytest.fixture(scope="module")
def panel(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    dataset = PanelSource(FolderSource(real_data), tmp_path_factory.mktemp("cache"), 60)
    panel = dataset.panel()
    dataset.stop()
    return panel


def test_every_category_has_an_answer(panel: Panel) -> None:
    """Whatever is offered can be asked for: sparse categories, constant indicators, single countries."""
    asked = 0
    for dataset in catalogue.datasets(panel, YEAR):
        for category in catalogue.categories(panel, dataset, YEAR):
            countries = catalogue.countries(panel, dataset, category, YEAR)
            asked += 1
            for method in ("pearson", "spearman"):
                result = correlate(panel, countries[0], dataset=dataset, category=category, year=YEAR, method=method)
                assert (np.abs(result.correlations[~np.isnan(result.correlations)]) <= 1).all()
            if asked % 5 == 0:  # a fifth of them is enough, and takes a few seconds
                clusters = cluster_countries(panel, dataset=dataset, category=category, year=YEAR, k=4)
                assert list(clusters.countries) == countries
                assert np.isfinite(clusters.inertia)
    assert asked > 50
