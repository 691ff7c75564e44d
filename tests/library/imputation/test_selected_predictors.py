"""The predictors selected in one year, used in others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.imputation.impute import impute
from sids_core.imputation.result import ImputationResult
from sids_core.panel.panel import Panel

MakePanel = Callable[[NDArray[np.float64]], Panel]


def years_of(make_panel: MakePanel, seed: int = 0, drift: float = 0.3) -> Panel:
    """Three years 2001 to 2003; the target is the sum of `d-1` to `d-3` and noise, twenty more are noise."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(1, 128, 24)) + drift * random.normal(size=(3, 128, 24)).cumsum(axis=0)
    values[..., 0] = values[..., 1:4].sum(axis=2) + 0.5 * random.normal(size=(3, 128))
    panel = make_panel(values[0])
    rows = np.flatnonzero(panel.is_sids)[::5]
    values[:, rows, 0] = np.nan
    values[:, rows[:4], 1:6] = np.nan
    observed = np.isfinite(values).sum(axis=1).astype(np.int32)
    return replace(panel, years=(2001, 2002, 2003), values=values, observed=observed)


def run(panel: Panel, year: int, **changes: Any) -> ImputationResult:
    return impute(panel, year=year, **{"indicator": "d-0", "n_predictors": 3, "n_estimators": 20, **changes})


def test_like_itself_it_is_the_same(make_panel: MakePanel) -> None:
    panel = years_of(make_panel)
    first = run(panel, 2001)
    again = run(panel, 2001, like=first)
    assert set(first.method.values()) == {"cross-section", "reduced"}
    assert np.array_equal(first.values, again.values)
    assert np.array_equal(first.upper, again.upper)
    assert first.importances == again.importances


def test_the_predictors_of_the_other_year_are_used_in_every_fold(make_panel: MakePanel) -> None:
    panel = years_of(make_panel, drift=3)
    first, alone = run(panel, 2001, n_predictors=6), run(panel, 2003, n_predictors=6)
    assert set(first.predictors) != set(alone.predictors)
    like = run(panel, 2003, n_predictors=6, like=first)
    assert set(like.predictors) == set(first.predictors)
    assert like.selected == first.selected


def test_a_country_keeps_its_fold_and_a_new_one_gets_any(make_panel: MakePanel) -> None:
    panel = years_of(make_panel)
    values = panel.values.copy()
    values[0, 3:9, 0] = np.nan
    first = run(replace(panel, values=values, observed=np.isfinite(values).sum(axis=1).astype(np.int32)), 2001)
    like = run(panel, 2002, like=first)
    assert first.selected.fold.items() <= like.selected.fold.items()
    assert len(like.selected.fold) == len(first.selected.fold) + int(np.isfinite(panel.values[1, 3:9, 0]).sum())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_predictors": 4}, "its configuration is"),
        ({"selection": "PCA"}, "its configuration is"),
        ({"selection": "MANUAL", "predictors": ["d-1"]}, "cannot be used with selection 'MANUAL'"),
        ({"indicator": "d-1"}, "it is of indicator 'd-0', not of 'd-1'"),
    ],
)
def test_only_a_result_of_the_same_kind_can_be_used(make_panel: MakePanel, changes: dict[str, Any], said: str) -> None:
    panel = years_of(make_panel)
    first = run(panel, 2001)
    with pytest.raises(RequestError, match=said):
        run(panel, 2002, like=first, **changes)


def test_folds_that_would_hold_most_countries_are_given_up(make_panel: MakePanel) -> None:
    panel = years_of(make_panel)
    first = run(panel, 2001)
    in_one_fold = {code for code, fold in first.selected.fold.items() if fold == 0}
    values = panel.values.copy()
    others = [row for code, row in panel.country_index.items() if code not in in_one_fold]
    values[1, others[12:], 0] = np.nan
    changed = replace(panel, values=values, observed=np.isfinite(values).sum(axis=1).astype(np.int32))
    like = run(changed, 2002, like=first)
    sizes = np.bincount(list(like.selected.fold.values()))
    assert sizes.max() - sizes.min() <= 2


def test_predictors_that_are_no_candidates_any_more_are_left_out_or_all_selected_anew(make_panel: MakePanel) -> None:
    panel = years_of(make_panel)
    first = run(panel, 2001)
    assert set(first.predictors) == {"d-1", "d-2", "d-3"}

    def without(*columns: int) -> ImputationResult:
        values = panel.values.copy()
        values[1][:, columns] = np.nan
        changed = replace(panel, values=values, observed=np.isfinite(values).sum(axis=1).astype(np.int32))
        return run(changed, 2002, like=first)

    assert set(without(1).predictors) == {"d-2", "d-3"}
    anew = without(1, 2)
    assert len(anew.predictors) == 3
    assert not {"d-1", "d-2"} & set(anew.predictors)
