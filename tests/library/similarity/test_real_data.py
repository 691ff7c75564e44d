"""Correlation and clusters of the real dataset, where it is."""

from pathlib import Path

import numpy as np
import pytest

from sids_core.panel.panel import Panel
from sids_core.similarity import figures
from sids_core.similarity.schemas import ClusterRequest, CorrelateRequest
from sids_core.similarity.service import cluster, correlate
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
    for dataset in figures.datasets(panel, YEAR):
        for category in figures.categories(panel, dataset, YEAR):
            countries = figures.countries(panel, dataset, category, YEAR)
            asked += 1
            place = {"dataset": dataset, "category": category, "year": YEAR}
            for method in ("pearson", "spearman"):
                request = CorrelateRequest.model_validate({**place, "country": countries[0], "method": method})
                found = [r for r in correlate(panel, request).country_corr[countries[0]] if r is not None]
                assert all(-1 <= float(r) <= 1 for r in found)
            if asked % 5 == 0:  # a fifth of them is enough, and takes a few seconds
                answer = cluster(panel, ClusterRequest.model_validate({**place, "k": 4}))
                assert answer.country == countries
                assert np.isfinite(answer.inertia)
    assert asked > 50
