"""What is hidden, and what a country keeps."""

import numpy as np
import pytest

from sids_core.errors import RequestError, UnknownValueError
from sids_core.evaluation.hiding import GAP, HIDING, MIXED, NEVER, HeldOut, hide
from sids_core.panel.panel import Panel
from tests.library.evaluation import conftest
from tests.library.evaluation.conftest import of

TARGET, YEAR, COLUMN, AT = "d-00", 2001, 0, 1
SEEDS = range(8)


def hidden(panel: Panel, way: str, seed: int = 0, count: int = 8) -> HeldOut:
    return hide(panel, TARGET, YEAR, way, count, np.random.default_rng(seed))


@pytest.mark.parametrize("way", HIDING)
@pytest.mark.parametrize("seed", SEEDS)
def test_values_are_only_taken_away_and_those_of_the_year_are_the_truth(panel: Panel, way: str, seed: int) -> None:
    before = panel.values.copy()
    left = hidden(panel, way, seed)
    assert np.array_equal(panel.values, before, equal_nan=True)
    kept = np.isfinite(left.panel.values)
    assert np.array_equal(left.panel.values[kept], before[kept])
    assert np.array_equal(left.panel.observed, kept.sum(axis=1))
    changed = (kept != np.isfinite(before)).any(axis=(0, 2))
    assert {panel.countries[row] for row in np.flatnonzero(changed)} == set(left.truth)
    assert 0 < len(left.truth) <= 8
    for code, value in left.truth.items():
        row = panel.country_index[code]
        assert code in panel.sids
        assert value == before[AT, row, COLUMN]
        assert np.isnan(left.panel.values[AT, row, COLUMN])
    assert left.standard_deviation == np.nanstd(before[AT, :, COLUMN])


@pytest.mark.parametrize("seed", SEEDS)
def test_all_years_and_one_year_touch_the_indicator_alone(panel: Panel, seed: int) -> None:
    for way, years in (("all years", 3), ("one year", 1)):
        gone = np.isfinite(panel.values) & np.isnan(hidden(panel, way, seed).panel.values)
        assert not gone[:, :, 1:].any()
        assert gone[:, :, 0].any(axis=1).sum() == years
        assert gone[AT, :, 0].any()


@pytest.mark.parametrize("way", [GAP, NEVER, MIXED])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_ghost_has_nothing_that_some_country_without_the_indicator_lacks(panel: Panel, way: str, seed: int) -> None:
    known = np.isfinite(panel.values)
    ever = np.asarray(known[:, :, COLUMN].any(axis=0))
    donors = [
        row
        for row in np.flatnonzero(panel.is_sids & ~known[AT, :, COLUMN])
        if way == MIXED or ever[row] == (way == GAP)
    ]
    left = hidden(panel, way, seed)
    now = np.isfinite(left.panel.values)
    for code in left.truth:
        row = panel.country_index[code]
        fitting = [
            donor
            for donor in donors
            if not (now[:, row] & ~known[:, donor]).any()
            and set(np.nonzero(known[:, row] & known[:, donor] & ~now[:, row])[1].tolist()) <= {1}
        ]
        assert fitting, code
        if way == GAP:
            assert now[:, row, COLUMN].any()
        if way == NEVER:
            assert not now[:, row, :2].any()  # neither the indicator nor its repetition


def test_a_near_duplicate_is_lost_where_the_donor_has_it(panel: Panel) -> None:
    values = panel.values.copy()
    values[:, np.isin(panel.countries, conftest.NEVER), 1] = 0.5
    left = hidden(of(panel, values), NEVER)
    rows = [panel.country_index[code] for code in left.truth]
    assert np.isnan(left.panel.values[:, rows, 1]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ghost_keeps_a_value_in_another_year_where_its_donor_has_one(panel: Panel, seed: int) -> None:
    """Half of the SIDS have the indicator in the year alone, a quarter each also in the year before, or after."""
    values = panel.values.copy()
    sids = np.flatnonzero(panel.is_sids)
    values[0, sids[np.arange(50) % 4 != 0], COLUMN] = np.nan
    values[2, sids[np.arange(50) % 4 != 1], COLUMN] = np.nan
    left = hidden(of(panel, values), GAP, seed)
    for code in left.truth:
        assert np.isfinite(left.panel.values[:, left.panel.country_index[code], COLUMN]).any()


def test_spared_countries_keep_their_values(panel: Panel) -> None:
    random = np.random.default_rng(0)
    spared: set[str] = set()
    for _ in range(3):
        truth = hide(panel, TARGET, YEAR, "one year", 8, random, spared).truth
        assert not spared & set(truth)
        spared |= set(truth)
    with pytest.raises(RequestError, match="no further SIDS has 'd-00' in 2001"):
        hide(panel, TARGET, YEAR, "one year", 8, random, panel.sids)


@pytest.mark.parametrize(
    ("way", "year", "reason"),
    [
        (GAP, 2001, "no SIDS misses 'd-00' in 2001 and has it in another year"),
        (NEVER, 2001, "no SIDS misses 'd-00' in 2001 and never had it"),
        (MIXED, 2001, "no SIDS misses 'd-00' in 2001"),
    ],
)
def test_what_cannot_be_hidden_says_why(panel: Panel, way: str, year: int, reason: str) -> None:
    values = panel.values.copy()
    of_target = values[AT, :, COLUMN]
    of_target[np.isnan(of_target)] = 1.0
    with pytest.raises(RequestError, match=reason):
        hide(of(panel, values), TARGET, year, way, 8, np.random.default_rng(0))


def test_unknown_names_are_refused(panel: Panel) -> None:
    random = np.random.default_rng(0)
    for indicator, year, way in (("d-99", 2001, GAP), (TARGET, 1999, GAP), (TARGET, 2001, "some")):
        with pytest.raises(UnknownValueError):
            hide(panel, indicator, year, way, 8, random)
