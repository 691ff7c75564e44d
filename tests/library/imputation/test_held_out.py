"""The imputation against held-out values."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.impute import impute
from sids_core.panel.demo import demo_panel
from sids_core.panel.panel import Panel

YEAR = 2010


def hide(panel: Panel, target: str, random: np.random.Generator) -> tuple[Panel, dict[str, float]]:
    """The year alone, without a quarter of the target's SIDS values, and these values."""
    column = panel.indicator_index[target]
    values = panel.values[[panel.years.index(YEAR)]].copy()
    known = np.flatnonzero(panel.is_sids & np.isfinite(values[0, :, column]))
    hidden = random.choice(known, len(known) // 4, replace=False)
    truth = {panel.countries[row]: float(values[0, row, column]) for row in hidden}
    values[0, hidden, column] = np.nan
    observed = np.isfinite(values).sum(axis=1).astype(np.int32)
    return replace(panel, years=(YEAR,), values=values, observed=observed), truth


def errors(panel: Panel, targets: list[str], **options: object) -> tuple[NDArray[np.float64], list[bool]]:
    """Error of the imputation over the error of the training mean, by target, and whether the intervals held."""
    random = np.random.default_rng(0)
    ratios, covered = [], []
    for target in targets:
        shown, truth = hide(panel, target, random)
        settings: dict[str, Any] = {"n_predictors": 8, "n_estimators": 40, **options}
        result = impute(shown, target, YEAR, **settings)
        values = result.imputed
        mean = np.nanmean(shown.values[0, :, shown.indicator_index[target]])
        error = [values[code] - value for code, value in truth.items()]
        plain = [mean - value for value in truth.values()]
        ratios.append(np.sqrt(np.mean(np.square(error)) / np.mean(np.square(plain))))
        low, high = (dict(zip(result.countries, bound, strict=True)) for bound in (result.lower, result.upper))
        covered += [low[code] <= value <= high[code] for code, value in truth.items()]
    return np.array(ratios), covered


def some_targets(panel: Panel, count: int) -> list[str]:
    """Targets of the year that many SIDS have, drawn at random."""
    catalogue = Catalogue(panel)
    targets = [code for dataset in catalogue.datasets(YEAR) for code in catalogue.targets(YEAR, dataset)]
    slice_ = panel.values[panel.years.index(YEAR)]
    known = np.isfinite(slice_[panel.is_sids]).sum(axis=0)
    enough = [code for code in targets if known[panel.indicator_index[code]] >= 20]
    # Hiding some must leave it a target.
    spare = [code for code in enough if catalogue.observed(YEAR)[panel.indicator_index[code]] > 60]
    return [str(code) for code in np.random.default_rng(1).permutation(sorted(spare))[:count]]


@pytest.fixture(scope="module")
def demo() -> Panel:
    return demo_panel()


@pytest.mark.parametrize("selection", ["AFS", "PCA"])
def test_demo_data_is_imputed_better_than_by_the_mean(demo: Panel, selection: str) -> None:
    ratios, _ = errors(demo, some_targets(demo, 12), selection=selection)
    assert np.median(ratios) < 0.75


def test_real_data_is_imputed_far_better_than_by_the_mean_with_honest_intervals(real_panel: Panel) -> None:
    ratios, covered = errors(real_panel, some_targets(real_panel, 20))
    assert np.median(ratios) < 0.4
    assert len(covered) > 120
    assert 0.82 < np.mean(covered) < 0.97
