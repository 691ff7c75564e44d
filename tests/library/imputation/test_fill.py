"""Many indicators and years at once are what single imputations give."""

import numpy as np
import pandas as pd
import pytest

import sids_core as sids
from sids_core.panel.demo import demo_panel
from sids_core.panel.panel import SIDS, Panel

TARGET = "key-wdi-EG.ELC.ACCS.ZS"
PACIFIC = "FJI TON WSM VUT KIR TUV NRU PLW MHL FSM SLB PNG".split()


@pytest.fixture(scope="module")
def panel() -> Panel:
    return demo_panel()


def pacific(gaps: float = 0.2) -> Panel:
    """Four indicators of twelve SIDS and two others in two years: fewer indicators than predictors to select."""
    rng = np.random.default_rng(1)
    level = rng.normal(size=14)
    rows = [
        (country, f"d-{indicator}", year, 50 + 10 * level[number] * indicator + rng.normal())
        for indicator in range(1, 5)
        for year in (2018, 2019)
        for number, country in enumerate([*PACIFIC, "AUS", "NZL"])
        if country == "AUS" or rng.random() > gaps
    ]
    return sids.open_panel(pd.DataFrame(rows, columns=["country", "indicator", "year", "value"]))


def test_every_value_is_that_of_a_single_imputation(panel: Panel) -> None:
    targets, years = [TARGET, "env-DEMO.065.S"], [2018, 2019]
    filled = sids.fill(panel, targets, years, n_estimators=20)
    assert (filled.indicators, filled.years, filled.not_imputed, filled.n_imputed) == (
        tuple(targets),
        (2018, 2019),
        (),
        4,
    )
    frame = filled.to_frame()
    assert len(frame) == len(frame.drop_duplicates(["indicator", "year", "country"])) == 4 * len(SIDS)
    for target in targets:
        for year in years:
            single = sids.impute(panel, target, year, n_estimators=20)
            part = frame[(frame["indicator"] == target) & (frame["year"] == year)].set_index("country")
            expected = single.to_frame().set_index("country")
            pd.testing.assert_frame_equal(part[list(expected)], expected, check_names=False, check_exact=True)
            imputed = part[~part["observed"]]
            for name in ("method", "expected_error", "evidence"):
                assert imputed[name].to_dict() == getattr(single, name)
            assert tuple(sorted(part.index[part["unreliable"]])) == tuple(sorted(single.unreliable))
            assert part.loc[part["observed"], "method"].unique().tolist() == [""]
    assert set(frame["units"]) >= {"% of population"}


def test_a_table_with_few_indicators_is_filled_from_all_of_them() -> None:
    panel = pacific()
    filled = sids.fill(panel, n_estimators=20)
    assert (filled.countries, filled.not_imputed) == (tuple(sorted(PACIFIC)), ())
    frame = filled.to_frame()
    assert len(frame) == len(PACIFIC) * 4 * 2
    assert frame["observed"].sum() == sum(np.isfinite(values[panel.is_sids]).sum() for values in panel.values)
    single = sids.impute(panel, "d-2", 2019, n_estimators=20, n_predictors=3)
    part = frame[(frame["indicator"] == "d-2") & (frame["year"] == 2019) & ~frame["observed"]]
    assert part["value"].tolist() == [single.imputed[code] for code in part["country"]]


def test_without_a_gap_nothing_is_imputed() -> None:
    steps: list[tuple[int, int]] = []
    filled = sids.fill(pacific(gaps=0), progress=lambda done, total: steps.append((done, total)))
    assert (filled.n_imputed, filled.not_imputed) == (0, ())
    assert filled.to_frame()["observed"].all()
    assert steps == [(1, 8)] * 8


def test_what_cannot_be_imputed_keeps_its_observed_values_and_has_a_reason() -> None:
    panel = pacific()
    rows = [(country, "d-rare", 2019, 1.5) for country in PACIFIC[:3]] + [(c, "d-flat", 2019, 7.0) for c in PACIFIC[:9]]
    known = [
        (panel.countries[row], panel.indicators[column].code, panel.years[year], panel.values[year, row, column])
        for year, row, column in zip(*np.nonzero(np.isfinite(panel.values)), strict=True)
    ]
    panel = sids.open_panel(pd.DataFrame(known + rows, columns=["country", "indicator", "year", "value"]))
    filled = sids.fill(panel, ["d-rare", "d-flat", "d-1"], 2019, n_estimators=20)
    reasons = {each.indicator: each.reason for each in filled.not_imputed}
    assert reasons.keys() == {"d-rare", "d-flat"}
    assert reasons["d-rare"] == "3 of 52 countries have a value, 8 are needed"
    assert "is 7 in every country" in reasons["d-flat"]
    frame = filled.to_frame()
    assert frame.loc[frame["indicator"] == "d-rare", ["country", "value"]].to_numpy().tolist() == [
        [country, 1.5] for country in sorted(PACIFIC[:3])
    ]
    assert sids.fill(panel, "d-rare", countries=PACIFIC[:3]).not_imputed == ()
    named = sids.fill(panel, "d-rare", [2018, 2019], n_estimators=20).not_imputed
    assert [(each.year, each.reason.partition(" of ")[0]) for each in named] == [(2018, "0"), (2019, "3")]
    assert [each.year for each in sids.fill(panel, "d-rare", n_estimators=20).not_imputed] == [2019]


def test_countries_are_chosen_by_code_or_name(panel: Panel) -> None:
    filled = sids.fill(panel, TARGET, 2019, countries=["Tonga", "fji", "Micronesia"], n_estimators=20)
    assert filled.countries == ("FJI", "FSM", "TON")
    assert filled.to_frame()["country_name"].tolist() == ["Fiji", "Micronesia", "Tonga"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"indicators": "acess to electricity"},
            r"is unknown; the closest .*key-wdi-EG\.ELC\.ACCS\.ZS \(Synthetic access",
        ),
        ({"indicators": "zzz"}, "is unknown"),
        ({"years": 1850}, "year '1850' is unknown"),
        ({"years": [2019, 2050]}, "year '2050' is unknown"),
        ({"countries": ["Fidji"]}, r"'Fidji' is no code or name of one of the 50 SIDS; the closest: FJI \(Fiji\)"),
        ({"countries": ["France"]}, "'France' is no code or name of one of the 50 SIDS"),
        ({"countries": []}, "no country is to be filled"),
        ({"selection": "MANUAL"}, "selection 'MANUAL' is not possible"),
        ({"ensemble": "svm"}, "ensemble 'svm' is unknown"),
        ({"n_jobs": 0}, "n_jobs 0 is not at least 1"),
        ({"years": "2019"}, "year '2019' is unknown"),
        ({"years": []}, "there is no value"),
    ],
)
def test_what_is_unknown_is_named(panel: Panel, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(sids.RequestError, match=message):
        sids.fill(panel, **{"indicators": TARGET, "years": 2019, **arguments})  # type: ignore[arg-type]


def test_a_changed_frame_changes_no_result() -> None:
    filled = sids.fill(pacific(gaps=0), "d-1", 2019)
    frame = filled.to_frame()
    frame["value"] = 0.0
    assert filled.to_frame()["value"].min() > 0
