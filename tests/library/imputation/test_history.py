"""A country's own values in other years."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.imputation.impute import impute
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.result import ImputationResult
from sids_core.panel.panel import Panel

MakePanel = Callable[[NDArray[np.float64]], Panel]

FIRST = 1998
YEARS = 7
TESTED = 2001
"""The fourth year."""


@pytest.fixture(scope="session")
def make_years(make_panel: MakePanel) -> MakePanel:
    """Builds a panel from values (years, 128 countries, indicators)."""

    def make(values: NDArray[np.float64]) -> Panel:
        panel = make_panel(values[0])
        observed = np.isfinite(values).sum(axis=1).astype(np.int32)
        years = tuple(range(FIRST, FIRST + len(values)))
        return replace(panel, years=years, values=values, observed=observed)

    return make


def hidden(
    make_years: MakePanel, values: NDArray[np.float64], years: slice | int = TESTED - FIRST, count: int = 10
) -> tuple[Panel, dict[str, float]]:
    """The panel without the target of some SIDS in some years, and their values in the tested year."""
    panel = make_years(values)
    rows = np.flatnonzero(panel.is_sids)[::5][:count]
    truth = {panel.countries[row]: float(values[TESTED - FIRST, row, 0]) for row in rows}
    shown = values.copy()
    shown[years, rows, 0] = np.nan
    return make_years(shown), truth


def run(panel: Panel, **changes: object) -> ImputationResult:
    options: dict[str, Any] = {"n_predictors": 3, "n_estimators": 20, **changes}
    return impute(panel, "d-0", TESTED, **options)


def walks(seed: int, step: float = 1.0) -> NDArray[np.float64]:
    """Every series is a random walk from a level of its own; the target (0) is weakly related to 1."""
    random = np.random.default_rng(seed)
    level = random.normal(scale=10, size=(1, 128, 8))
    level[..., 0] += 0.5 * level[..., 1]
    values: NDArray[np.float64] = level + step * random.normal(size=(YEARS, 128, 8)).cumsum(axis=0)
    return values


def errors(result: ImputationResult, truth: dict[str, float]) -> NDArray[np.float64]:
    return np.array([result.imputed[code] - value for code, value in truth.items()])


def test_own_values_around_the_year_predict_better_than_other_countries(make_years: MakePanel) -> None:
    panel, truth = hidden(make_years, walks(0))
    with_history, without = run(panel), run(panel, history=False)
    assert set(with_history.method.values()) == {"history"}
    assert np.mean(errors(with_history, truth) ** 2) < 0.1 * np.mean(errors(without, truth) ** 2)
    own = with_history.own_history[next(iter(truth))]
    assert (own.before, own.after) == (2000, 2002)
    assert own.cross_section_weight <= 0.2
    assert min(with_history.evidence.values()) > 0.8
    assert with_history.unreliable == ()


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("years", [TESTED - FIRST, slice(2, 6), slice(3, None)], ids=["one year", "four", "the last"])
def test_intervals_from_history_cover(make_years: MakePanel, interval: str, years: slice | int) -> None:
    covered: list[bool] = []
    for seed in range(15):
        panel, truth = hidden(make_years, walks(seed), years)
        result = run(panel, interval=interval)
        for code, low, high in zip(result.countries, result.lower, result.upper, strict=True):
            covered.append(bool(low <= truth[code] <= high))
    assert len(covered) == 150
    assert 0.82 < np.mean(covered) < 0.98


def test_without_history_only_the_years_own_slice_counts(make_years: MakePanel) -> None:
    panel, _ = hidden(make_years, walks(1))
    position = TESTED - FIRST
    alone = replace(panel, years=(TESTED,), values=panel.values[[position]], observed=panel.observed[[position]])
    result = run(panel, history=False)
    assert result.own_history == {}
    assert "history" not in result.method.values()
    for same in (run(alone), run(alone, history=False)):
        assert np.array_equal(same.values, result.values)
        assert np.array_equal(same.upper, result.upper)


def test_the_common_change_of_other_countries_is_followed(make_years: MakePanel) -> None:
    """All series fall by ten from the fourth year on; the hidden countries are known before only."""
    values = 100 + walks(2, step=0.1)
    values[TESTED - FIRST :, :, 0] -= 10
    panel, truth = hidden(make_years, values, slice(TESTED - FIRST, None))
    result = run(panel)
    assert {own.form for own in result.own_history.values()} <= {"shift", "ratio"}
    assert {(own.before, own.after) for own in result.own_history.values()} == {(2000, None)}
    assert np.abs(errors(result, truth)).max() < 2


def test_a_common_ratio_is_followed(make_years: MakePanel) -> None:
    """Positive series of very different size double in the tested year."""
    random = np.random.default_rng(4)
    values = walks(3)
    values[..., 0] = np.exp(random.normal(scale=2, size=128)) * random.uniform(0.99, 1.01, size=(YEARS, 128))
    values[TESTED - FIRST :, :, 0] *= 2
    panel, truth = hidden(make_years, values, slice(TESTED - FIRST, None))
    result = run(panel)
    assert {own.form for own in result.own_history.values()} == {"ratio"}
    relative = errors(result, truth) / np.array(list(truth.values()))
    assert np.abs(relative).max() < 0.15


def test_old_values_that_say_nothing_are_not_used(make_years: MakePanel) -> None:
    """Every year is drawn anew around a function of the predictors."""
    random = np.random.default_rng(5)
    values = random.normal(size=(YEARS, 128, 6))
    values[..., 0] = values[..., 1] + values[..., 2] + 0.1 * random.normal(size=(YEARS, 128))
    panel, truth = hidden(make_years, values)
    result = run(panel)
    assert all(own.cross_section_weight >= 0.8 for own in result.own_history.values())
    assert len(result.own_history) < len(truth)
    assert np.sqrt(np.mean(errors(result, truth) ** 2)) < 0.5


def test_too_few_countries_with_values_in_the_same_years_teach_nothing(make_years: MakePanel) -> None:
    values = walks(6)
    panel, truth = hidden(make_years, values)
    kept = [panel.country_index[code] for code in truth]
    others = np.setdiff1d(np.arange(128), kept)
    shown = panel.values.copy()
    shown[:3, others[15:], 0] = np.nan
    shown[4:, :, 0] = np.nan
    result = run(make_years(shown))
    assert result.own_history == {}
    shown[:3, others[:30], 0] = values[:3, others[:30], 0]
    assert set(run(make_years(shown)).own_history) == set(truth)


def test_predictors_are_carried_from_other_years(make_years: MakePanel) -> None:
    """A predictor that a country reports in other years counts as evidence."""
    panel, truth = hidden(make_years, walks(7), slice(None))
    shown = panel.values.copy()
    rows = [panel.country_index[code] for code in truth]
    shown[TESTED - FIRST, rows, 1:] = np.nan
    gappy = make_years(shown)
    assert run(gappy, history=False).countries_without_predictors == tuple(sorted(truth))
    result = run(gappy)
    assert result.countries_without_predictors == ()
    assert set(result.evidence.values()) == {1.0}
    assert set(result.method.values()) == {"cross-section"}


def test_a_target_that_is_constant_among_the_countries_with_history_is_no_fault(make_years: MakePanel) -> None:
    values = walks(8)
    values[..., 0] = 100.0
    panel = make_years(values)
    others, rows = np.flatnonzero(~panel.is_sids)[:15], np.flatnonzero(panel.is_sids)[::5]
    values[:, others, 0] = np.nan
    values[TESTED - FIRST, others, 0] = np.arange(15) + 50.0
    values[TESTED - FIRST, rows, 0] = np.nan
    result = run(make_years(values))
    assert set(result.method.values()) == {"history"}
    assert set(result.values.tolist()) == {100.0}


def test_intervals_cover_where_predictors_are_missing_and_old_values_say_little(make_years: MakePanel) -> None:
    """The cross-section's error under gaps must not be that of a mean of several predictions."""
    covered: list[bool] = []
    expected, errors_ = [], []
    for seed in range(25):
        random = np.random.default_rng(seed)
        values = random.normal(size=(YEARS, 128, 5))
        values[..., 0] = values[..., 1:5].sum(axis=2) + 0.1 * random.normal(size=(YEARS, 128))
        values[:, :, 0] += 0.8 * random.normal(size=128)
        panel = make_years(values)
        rows = np.flatnonzero(panel.is_sids)[::5]
        truth = {panel.countries[row]: float(values[TESTED - FIRST, row, 0]) for row in rows}
        values[TESTED - FIRST, rows, 0] = np.nan
        for row in rows:
            values[:, row, random.integers(1, 5)] = np.nan
        result = run(make_years(values), n_predictors=4)
        lower, upper = (dict(zip(result.countries, bound, strict=True)) for bound in (result.lower, result.upper))
        covered += [bool(lower[code] <= value <= upper[code]) for code, value in truth.items()]
        errors_ += errors(result, truth).tolist()
        expected += list(result.expected_error.values())
    assert 0.85 < np.mean(covered) < 0.97
    ratio = np.sqrt(np.mean(np.square(expected))) / np.sqrt(np.mean(np.square(errors_)))
    assert 0.85 < ratio < 1.25


def test_one_country_does_not_decide_how_values_are_carried(make_years: MakePanel) -> None:
    """With one SIDS to learn from, its own change has half of the weight."""
    values = walks(9, step=0.1)
    panel = make_years(values)
    sids = np.flatnonzero(panel.is_sids)
    values[TESTED - FIRST, sids[0], 0] += 50
    values[TESTED - FIRST, sids[1:], 0] = np.nan
    result = run(make_years(values))
    assert len(result.own_history) == len(sids) - 1
    before = {code: float(panel.values[2, panel.country_index[code], 0]) for code in result.countries}
    assert max(abs(result.imputed[code] - value) for code, value in before.items()) < 5
    assert result.unreliable == result.countries
