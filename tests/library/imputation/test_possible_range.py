"""What an indicator can be, and what stands for a bound of 0."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.impute import impute
from sids_core.imputation.possible_range import PossibleRange
from sids_core.panel.open import open_panel
from sids_core.panel.panel import Indicator, Panel
from sids_service.dashboard import predict_response

TARGETS = 40


@pytest.mark.parametrize(
    ("name", "units", "observed", "expected"),
    [
        ("Access", "%", [0.0, 40.0, 100.0], (0.0, 100.0)),
        ("Access", "% of population", [3.0], (0.0, 100.0)),
        ("Access", "PERCENT", [3.0], (0.0, 100.0)),
        ("Access", "percentage", [3.0], (0.0, 100.0)),
        ("Access", "per cent of households", [3.0], (0.0, 100.0)),
        ("Access", "PERCENT_OF_POP", [3.0], (0.0, 100.0)),
        ("Percentage of schools with access", "unitless", [3.0], (0.0, 100.0)),
        ("Losses", "% of annual sales", [3.0], (0.0, 100.0)),
        ("Affected by climate change", "%", [3.0], (0.0, 100.0)),
        ("Trade", "%", [3.0, 140.0], (0.0, np.inf)),
        ("Balance", "%", [-3.0, 40.0], (-np.inf, np.inf)),
        ("GDP", "annual % growth", [3.0], (0.0, np.inf)),
        ("GDP growth", "%", [3.0], (0.0, np.inf)),
        ("Gap", "percentage points", [3.0], (0.0, np.inf)),
        ("Emissions", "% change from 1990", [3.0], (0.0, np.inf)),
        ("Rank", "percentile", [3.0], (0.0, np.inf)),
        ("Refugees (%)", "PER_100000_POP", [3.0], (0.0, np.inf)),
        ("People", "people", [0.0, 40.0], (0.0, np.inf)),
        ("Temperature", "°C", [-3.0, 40.0], (-np.inf, np.inf)),
        ("Deficit", "US$", [-3.0, -40.0], (-np.inf, 0.0)),
    ],
)
def test_units_and_observed_values_limit_what_is_possible(
    name: str, units: str, observed: list[float], expected: tuple[float, float]
) -> None:
    possible = PossibleRange.of(Indicator("d-1", name, "d", units=units), np.array(observed))
    assert (possible.lowest, possible.highest) == expected


@pytest.mark.parametrize(
    ("observed", "nothing"),
    [
        ([0.0, 1.0, 2.0], 1e-6 * np.std([0, 1, 2])),
        ([0.0, 1e-9, 2.0], 1e-12),
        ([-1.0, 1.0], 1e-6),
        ([-1.0, -3.0], -1e-6),
        ([-1.0, 0.0], -0.5e-6),
    ],
)
def test_zero_becomes_the_smallest_share_of_deviation_or_value(observed: list[float], nothing: float) -> None:
    possible = PossibleRange.of(Indicator("d-1", "One", "d"), np.array(observed))
    assert possible.nothing == pytest.approx(nothing)
    value, lower, upper = possible.nonzero(0.0, 0.0, 0.0)
    assert value == lower == upper == possible.nothing


FIGURES = st.one_of(st.sampled_from([0.0, -0.0, 1e-30, -1e-9]), st.floats(1e-9, 1e6), st.floats(-1e6, -1e-9))


@given(observed=st.lists(FIGURES, min_size=2, max_size=9, unique=True), figures=st.tuples(FIGURES, FIGURES, FIGURES))
def test_no_bound_is_zero_and_the_value_lies_between_them(
    observed: list[float], figures: tuple[float, float, float]
) -> None:
    y = np.array(observed)
    if y.std() == 0:
        return
    possible = PossibleRange.of(Indicator("d-1", "One", "d"), y)
    lower, value, upper = sorted(figures)
    value, lower, upper = possible.nonzero(*possible.within(value, lower, upper))
    assert lower <= value <= upper
    assert lower != 0
    assert upper != 0


def zeros_of(panel: Panel, indicator: str) -> float:
    """Share of zeros among the values of 2010."""
    values = panel.values[panel.year_index(2010), :, panel.indicator_index[indicator]]
    return float(np.mean(values[np.isfinite(values)] == 0))


def test_no_bound_of_a_real_target_is_zero(real_panel: Panel) -> None:
    catalogue = Catalogue(real_panel)
    zeros = [
        code
        for dataset in catalogue.datasets(2010)
        for code in catalogue.targets(2010, dataset)
        if 0.1 < zeros_of(real_panel, code) < 1
    ]
    assert len(zeros) > TARGETS
    for code in islice(zeros, 0, None, len(zeros) // TARGETS):
        result = impute(real_panel, code, 2010, selection="PCA", n_estimators=10)
        answer = predict_response(result)
        prediction = answer.prediction
        assert 0 not in (*prediction.lower, *prediction.upper)
        assert (np.array(prediction.lower) <= prediction.prediction).all()
        assert (prediction.prediction <= np.array(prediction.upper)).all()
        shown = answer.indicatorJson
        assert list(shown.lowerIntervals["2010"].values()) == prediction.lower
        assert list(shown.upperIntervals["2010"].values()) == prediction.upper
        assert [shown.data["2010"][code] for code in result.countries] == prediction.prediction


@pytest.mark.parametrize("indicator", ["d-sign", "d-word", "d-percentage"])
def test_a_share_stays_below_100_whatever_its_unit_is_called(cases: Path, indicator: str) -> None:
    panel = open_panel(cases / "percent-in-words" / "data")
    year = next(year for year in panel.years if Catalogue(panel).targets(year, "d"))
    result = impute(panel, indicator, year, n_predictors=3, n_estimators=20)
    assert result.values.max() <= result.upper.max() <= 100
