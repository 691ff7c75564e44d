"""The dashboard's shapes of a result, on a small panel."""

import numpy as np
import pytest

from sids_core.imputation.impute import impute
from sids_core.panel.panel import SIDS, Indicator, Panel
from sids_service.dashboard import predict_response

OTHERS = tuple(f"{first}{second}X" for first in "QXZ" for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def panel(missing_sids: int) -> Panel:
    """A year of 128 countries and six indicators; so many SIDS miss `d-0`, and ten other countries."""
    countries = tuple(sorted((*SIDS, *OTHERS)))
    indicators = tuple(Indicator(f"d-{number}", f"Indicator {number}", "d", "Category") for number in range(6))
    values = np.random.default_rng(3).normal(size=(1, 128, 6))
    is_sids = np.isin(countries, SIDS)
    values[0, np.flatnonzero(is_sids)[:missing_sids], 0] = np.nan
    values[0, np.flatnonzero(~is_sids)[:10], 0] = np.nan
    observed = np.isfinite(values).sum(axis=1).astype(np.int32)
    return Panel("version", countries, indicators, {"d": "Dataset"}, (2001,), values, observed)


@pytest.mark.parametrize("missing_sids", [0, 7])
def test_data_has_every_sids_and_the_intervals_the_imputed_ones(missing_sids: int) -> None:
    result = impute(panel(missing_sids), "d-0", 2001, n_predictors=2, n_estimators=5)
    answer = predict_response(result)
    keyed, imputed = answer.indicatorJson, answer.prediction.countries
    assert imputed == list(result.countries)
    assert len(imputed) == missing_sids
    assert list(keyed.data["2001"]) == list(SIDS)
    assert keyed.data["2001"] == {**result.observed, **result.imputed}
    assert answer.prediction.prediction == [keyed.data["2001"][code] for code in imputed]
    assert keyed.lowerIntervals == {"2001": dict(zip(imputed, answer.prediction.lower, strict=True))}
    assert keyed.upperIntervals == {"2001": dict(zip(imputed, answer.prediction.upper, strict=True))}
    assert answer.prediction.lower == result.lower.tolist()
    assert answer.prediction.upper == result.upper.tolist()


def test_both_shapes_have_the_numbers_of_the_result() -> None:
    result = impute(panel(7), "d-0", 2001, n_predictors=2, n_estimators=5, ensemble="all")
    answer = predict_response(result)
    keyed = answer.indicatorJson
    assert answer.model_feature_names == list(result.predictors)
    assert keyed.featureImportances == {"2001": result.importances}
    assert answer.model_feature_importance == list(result.importances.values())
    assert keyed.categoryImportances == {"2001": {"Category": 1.0}}
    assert answer.feature_importance_pie.value == [1.0]
    assert keyed.correlation["2001"] == answer.correlation
    assert answer.correlation.data == result.correlation.tolist()
    assert keyed.rmse["2001"] == answer.rmse == result.rmse
    assert keyed.rmse_deviation["2001"] == answer.rmse_deviation == result.rmse_deviation
    diagnostics = answer.diagnostics
    assert diagnostics.model == result.configuration.ensemble
    assert (diagnostics.dataset_version, diagnostics.trees) == ("version", 5)
    assert diagnostics.out_of_fold.rmse == result.out_of_fold.rmse == result.rmse
    assert diagnostics.out_of_fold.coverage_sids == result.coverage_sids


@pytest.mark.parametrize("history", [True, False])
def test_both_shapes_have_the_flags_of_the_result(history: bool) -> None:
    result = impute(panel(7), "d-0", 2001, n_predictors=2, n_estimators=5, history=history)
    answer = predict_response(result)
    keyed, diagnostics = answer.indicatorJson, answer.diagnostics
    assert diagnostics.history is history
    assert keyed.expectedErrors == {"2001": diagnostics.expected_error} == {"2001": result.expected_error}
    assert keyed.evidence == {"2001": diagnostics.evidence} == {"2001": result.evidence}
    assert keyed.methods == {"2001": diagnostics.method} == {"2001": result.method}
    assert keyed.unreliable == {"2001": diagnostics.unreliable} == {"2001": list(result.unreliable)}
    assert [gaps.coverage_sids for gaps in diagnostics.gap_coverage] == [
        gaps.coverage_sids for gaps in result.gap_coverage
    ]


def test_values_that_nothing_predicts_are_unreliable() -> None:
    answer = predict_response(impute(panel(7), "d-0", 2001, n_predictors=2, n_estimators=5))
    assert answer.diagnostics.unreliable == answer.prediction.countries


def test_a_predictor_that_repeats_the_target_is_named() -> None:
    given = panel(7)
    given.values[0, :, 4] = 3 * np.where(np.isfinite(given.values[0, :, 0]), given.values[0, :, 0], 1.0)
    answer = predict_response(impute(given, "d-0", 2001, n_predictors=2, n_estimators=5))
    assert answer.diagnostics.near_duplicates == ["d-4"]
