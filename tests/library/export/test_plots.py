"""Pictures show what the result holds, on the axes that are given, and tell imputed from observed without colour."""

import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

import sids_core as sids
from sids_core.imputation.filled import FillResult
from sids_core.imputation.result import ImputationResult
from sids_core.panel.demo import demo_panel
from sids_core.panel.panel import Panel

PROJECT = Path(__file__).resolve().parents[3]
TARGET = "key-wdi-EG.ELC.ACCS.ZS"


@pytest.fixture(autouse=True)
def headless() -> Iterator[None]:
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return demo_panel()


@pytest.fixture(scope="module")
def result(panel: Panel) -> ImputationResult:
    return sids.impute(panel, TARGET, 2019, n_estimators=20)


def points(axes: Axes) -> dict[str, PathCollection]:
    axes.figure.canvas.draw()
    return {str(drawn.get_label()): drawn for drawn in axes.collections if isinstance(drawn, PathCollection)}


def values(drawn: PathCollection) -> list[float]:
    return np.asarray(drawn.get_offsets())[:, 1].tolist()  # type: ignore[no-any-return]


def corners(drawn: PathCollection) -> int:
    """Of the marker: the only difference that is left in a picture printed in grey."""
    return len(np.asarray(drawn.get_paths()[0].vertices))


def test_an_imputation_is_dots_and_diamonds_by_value(result: ImputationResult) -> None:
    axes = result.plot()
    frame = result.to_frame().sort_values("value")
    assert [text.get_text() for text in axes.get_xticklabels()] == frame["country"].tolist()
    drawn = points(axes)
    observed, imputed, care = drawn.values()
    assert next(iter(drawn)) == "observed"
    assert values(observed) == frame.loc[frame["observed"], "value"].tolist()
    assert sorted(values(imputed) + values(care)) == sorted(result.values)
    assert sorted(values(care)) == sorted(result.imputed[code] for code in result.unreliable)
    assert corners(observed) != corners(imputed) == corners(care)
    hollow, full = (np.asarray(drawn.get_facecolor()).tolist()[0] for drawn in (care, imputed))
    assert hollow == [1, 1, 1, 1] != full
    bars = next(drawn for drawn in axes.collections if not isinstance(drawn, PathCollection)).get_segments()  # type: ignore[attr-defined]
    assert sorted(low for (_, low), _ in bars) == sorted(result.lower)
    assert sorted(high for _, (_, high) in bars) == sorted(result.upper)


def test_importances_are_bars_with_the_largest_on_top(result: ImputationResult) -> None:
    axes = result.plot_importances()
    axes.figure.canvas.draw()
    assert [bar.get_width() for bar in axes.patches] == list(result.importances.values())  # type: ignore[attr-defined]
    assert [text.get_text() for text in axes.get_yticklabels()] == list(result.importances)
    assert axes.yaxis_inverted()


def test_a_series_has_its_interpolated_years_marked(panel: Panel) -> None:
    series = sids.interpolate(panel, TARGET, "FJI")
    observed, interpolated = points(series.plot()).values()
    assert values(observed) == series.values[series.observed].tolist()
    assert values(interpolated) == series.values[~series.observed].tolist()
    assert corners(observed) != corners(interpolated)


def test_a_filled_table_is_drawn_by_year_or_by_country(filled: FillResult) -> None:
    frame = filled.to_frame()
    assert sum(map(len, map(values, points(filled.plot(year=2019)).values()))) == 50
    axes = filled.plot(country="BRB")
    assert sum(map(len, map(values, points(axes).values()))) == 2
    band = next(drawn for drawn in axes.collections if not isinstance(drawn, PathCollection)).get_paths()[0]
    of_country = frame[frame["country"] == "BRB"]
    assert {*of_country["lower"], *of_country["upper"]} == set(np.asarray(band.vertices)[:, 1])
    for wrong in ({}, {"year": 1990}, {"country": "FRA"}, {"year": 2019, "indicator": "x"}):
        with pytest.raises(sids.RequestError, match=r"2018|FRA|1990|'x'"):
            filled.plot(**wrong)


def test_likeness_and_clusters_are_drawn(panel: Panel) -> None:
    correlated = sids.correlate(panel, "FJI", dataset="key", category="Economy", year=2001)
    defined = correlated.correlations[~np.isnan(correlated.correlations)]
    assert [bar.get_width() for bar in correlated.plot().patches] == defined.tolist()  # type: ignore[attr-defined]
    clusters = sids.cluster_countries(panel, dataset="key", category="Economy", year=2001, k=3)
    placed = {text.get_text(): text.get_position()[0] for text in clusters.plot().texts}
    assert placed == dict(zip(clusters.countries, clusters.labels, strict=True))
    answers = {"household": [6, 2, 5, 5, 1, 6] * 2}
    survey = sids.cluster_survey(answers, {"household": "continuous"}, max_k=4)
    axes = survey.plot()
    assert list(np.asarray(axes.lines[0].get_ydata())) == list(survey.costs)
    assert np.asarray(axes.collections[0].get_offsets()).tolist() == [[survey.k, survey.costs[survey.k - 1]]]


def test_the_axes_that_are_given_are_drawn_on(result: ImputationResult, filled: FillResult, panel: Panel) -> None:
    _, grid = plt.subplots(3)
    series = sids.interpolate(panel, TARGET, "FJI")
    draws = (result.plot, result.plot_importances, series.plot)
    assert [draw(ax=axes) for draw, axes in zip(draws, grid, strict=True)] == list(grid)
    assert filled.plot(year=2019, ax=grid[0]) is grid[0]
    assert len(plt.get_fignums()) == 1


def test_without_matplotlib_the_extra_is_named(result: ImputationResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (result.plot, result.plot_importances):
        with pytest.raises(
            sids.MissingExtraError, match=r'plot\(\) needs matplotlib: pip install "sids-ml-backend\[plot\]"'
        ):
            draw()


def test_the_picture_of_the_readme_is_what_the_example_draws(demo_data: Path, tmp_path: Path) -> None:
    script, picture = PROJECT / "examples" / "plot_imputation.py", tmp_path / "imputation.svg"
    arguments: list[Any] = [str(script), str(demo_data), str(picture)]
    before = sys.argv
    try:
        sys.argv = arguments
        with mpl.rc_context():
            runpy.run_path(str(script), run_name="__main__")
    finally:
        sys.argv = before
    kept, drawn = (path.read_text() for path in (PROJECT / "docs" / "images" / "imputation.svg", picture))
    texts = [re.findall(r"<text[^>]*>([^<]*)</text>", svg) for svg in (kept, drawn)]
    assert len(texts[0]) > 50
    assert texts[0] == texts[1]
    assert kept.count("<use ") == drawn.count("<use ")
