"""`GapFiller` beside scikit-learn's own parts."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import sids_core as sids

FAST: dict[str, Any] = {"n_estimators": 5, "n_predictors": 3, "n_folds": 2}


# No failure is expected; scikit-learn itself skips the check of array APIs unless SCIPY_ARRAY_API is set.
@parametrize_with_checks([sids.GapFiller(**FAST)])  # type: ignore[untyped-decorator]
@pytest.mark.filterwarnings("ignore:Features filled with their median:UserWarning")
def test_scikit_learn_accepts_it(estimator: sids.GapFiller, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """80 rows, seven related columns, a tenth of the values missing."""
    random = np.random.default_rng(1)
    values = random.normal(size=(80, 2)) @ random.normal(size=(2, 7)) + 0.1 * random.normal(size=(80, 7))
    values[random.random(values.shape) < 0.1] = np.nan
    return pd.DataFrame(values, columns=[f"i{number}" for number in range(7)], index=[f"r{row}" for row in range(80)])


@pytest.fixture(scope="module")
def y(frame: pd.DataFrame) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = frame.fillna(frame.mean()).sum(axis=1).to_numpy()
    return sums


def test_a_pipeline_searches_its_parameters(frame: pd.DataFrame, y: NDArray[np.float64]) -> None:
    pipeline = make_pipeline(sids.GapFiller(**FAST), StandardScaler(), Ridge())
    search = GridSearchCV(pipeline, {"gapfiller__n_predictors": [1, 3]}, cv=2).fit(frame, y)
    assert search.best_score_ > 0.9
    assert search.best_estimator_[:-1].get_feature_names_out().tolist() == list(frame)
    copy = pickle.loads(pickle.dumps(search))  # noqa: S301 (our own)
    assert np.array_equal(copy.predict(frame), search.predict(frame))


def test_a_clone_is_unfitted_and_fits_to_the_same(frame: pd.DataFrame) -> None:
    fitted = sids.GapFiller(**FAST, interval="bootstrap").fit(frame)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "models_")
    assert np.array_equal(copy.fit_transform(frame), fitted.transform(frame))


def test_output_is_a_frame_where_asked_with_names_and_index(frame: pd.DataFrame) -> None:
    filler = sids.GapFiller(**FAST, skip_complete=True).set_output(transform="pandas")
    filled = filler.fit_transform(frame)
    assert filled.index.equals(frame.index)
    assert list(filled) == list(filler.feature_names_in_) == list(frame)
    assert filler.n_features_in_ == 7
    for bound in filler.predict_interval(frame):
        assert bound.index.equals(frame.index)
        assert list(bound) == list(frame)
    assert isinstance(filler.set_output(transform="default").transform(frame), np.ndarray)


def test_columns_are_checked_by_name(frame: pd.DataFrame) -> None:
    filler = sids.GapFiller(**FAST).fit(frame)
    for method in (filler.transform, filler.predict_interval):
        with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
            method(frame[list(frame)[::-1]])
    filler = sids.GapFiller(**FAST).fit(frame.to_numpy())
    for method in (filler.transform, filler.predict_interval):
        with pytest.raises(ValueError, match="X has 6 features, but GapFiller is expecting 7"):
            method(frame.to_numpy()[:, :6])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.inf, "infinity"),
        (-1e300, "too large for dtype\\('float32'\\)"),
        ("many", "could not convert string to float"),
    ],
)
@pytest.mark.parametrize("at", ["fit", "transform"])
def test_values_that_are_no_numbers_have_scikit_learns_messages(
    frame: pd.DataFrame, value: float | str, message: str, at: str
) -> None:
    wrong = frame.astype(object)
    wrong.iloc[3, 2] = value
    filler = sids.GapFiller(**FAST).fit(frame)
    with pytest.raises(ValueError, match=message):
        getattr(filler, at)(wrong)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ensemble": "svm"}, "ensemble 'svm' is unknown; allowed: rfr, gbr, etr, all"),
        ({"selection": "MANUAL"}, "selection 'MANUAL' is unknown; allowed: AFS, PCA"),
        ({"n_predictors": 0}, "n_predictors 0 is not a whole number, 1 to 50"),
        ({"interval": "none"}, "interval 'none' is unknown"),
        ({"n_jobs": 0}, "n_jobs == 0"),
    ],
)
def test_bad_parameters_are_named_at_fit(frame: pd.DataFrame, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sids.GapFiller(**parameters).fit(frame)


def test_any_number_of_threads_gives_the_same(frame: pd.DataFrame) -> None:
    one, two = (sids.GapFiller(**FAST, n_jobs=n_jobs).fit_transform(frame) for n_jobs in (None, 2))
    assert np.array_equal(one, two)
