"""The generated demo data."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.panel.demo import demo_panel, write_demo_data
from sids_core.panel.open import open_panel
from sids_core.panel.panel import SIDS, Panel

PROJECT = Path(__file__).resolve().parents[3]
TARGET, PREDICTOR = "key-wdi-EG.ELC.ACCS.ZS", "wdi-AG.LND.AGRI.K2"
FILES = ["README.md", "datasetMeta.csv", "indicatorData.csv.gz", "indicatorMeta.csv"]


@pytest.fixture(scope="module")
def panel(demo_data: Path) -> Panel:
    return open_panel(demo_data)


def _missing(panel: Panel, year: int) -> NDArray[np.float64]:
    observed = panel.observed[panel.year_index(year)].astype(np.float64)
    missing: NDArray[np.float64] = 1 - observed / len(panel.countries)
    return missing


def test_another_process_writes_the_same_bytes(demo_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "demo"
    subprocess.run([sys.executable, "-m", "sids_core.panel.demo", str(other)], cwd=PROJECT, check=True)
    assert sorted(path.name for path in other.iterdir()) == FILES
    for name in FILES:
        assert (other / name).read_bytes() == (demo_data / name).read_bytes()
    assert sum(path.stat().st_size for path in other.iterdir()) < 3_000_000
    assert list(tmp_path.iterdir()) == [other]


def test_in_memory_it_equals_the_written_folder_which_needs_no_repair(
    panel: Panel, caplog: pytest.LogCaptureFixture, demo_data: Path
) -> None:
    made = demo_panel()
    assert made is demo_panel()
    np.testing.assert_array_equal(made.values, panel.values)
    np.testing.assert_array_equal(made.observed, panel.observed)
    for name in ("version", "countries", "indicators", "datasets", "years", "files"):
        assert getattr(made, name) == getattr(panel, name)
    open_panel(demo_data)
    assert not caplog.records


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="not empty"):
        write_demo_data(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "sids_core.panel.demo", str(tmp_path)],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_its_shape(panel: Panel) -> None:
    assert len(panel.countries) % 5
    assert set(SIDS) < set(panel.countries)
    assert panel.years == tuple(range(2000, 2021))
    assert 250 <= len(panel.indicators) <= 350
    assert len(panel.datasets) == 5
    assert len({known.category for known in panel.indicators}) == 8


def test_it_calls_itself_synthetic(panel: Panel, demo_data: Path) -> None:
    assert all("synthetic" in name.lower() for name in panel.datasets.values())
    assert all("synthetic" in known.name.lower() for known in panel.indicators)
    assert "synthetic" in (demo_data / "README.md").read_text(encoding="utf-8").lower()


def test_the_sample_request_can_be_served(panel: Panel) -> None:
    missing = _missing(panel, 2001)
    assert 0 < missing[panel.indicator_index[TARGET]] < 0.8
    assert missing[panel.indicator_index[PREDICTOR]] < 0.3
    assert (panel.indicator(TARGET).dataset, panel.indicator(PREDICTOR).dataset) == ("key", "wdi")
    target = panel.values[panel.year_index(2001), :, panel.indicator_index[TARGET]]
    assert np.isnan(target[panel.is_sids]).sum() >= 3


def test_every_year_has_predictors_and_gaps(panel: Panel) -> None:
    for year in panel.years:
        missing = _missing(panel, year)
        assert (missing < 0.3).sum() >= 100
        assert (missing > 0.8).sum() >= 30


def test_sids_miss_more_whole_series(panel: Panel) -> None:
    absent = np.asarray(np.isnan(panel.values).all(axis=0))
    everywhere = ~absent[~panel.is_sids].all(axis=0)
    assert absent[panel.is_sids][:, everywhere].mean() > absent[~panel.is_sids][:, everywhere].mean() + 0.05
    assert (~everywhere).sum() >= 20


def test_values_persist_and_shares_are_shares(panel: Panel) -> None:
    assert np.isfinite(panel.values).sum() > 300_000
    column = panel.indicator_index[TARGET]
    before, after = panel.values[:-1, :, column].ravel(), panel.values[1:, :, column].ravel()
    both = np.isfinite(before) & np.isfinite(after)
    assert np.corrcoef(before[both], after[both])[0, 1] > 0.9
    shares = [index for index, known in enumerate(panel.indicators) if known.units == "%"]
    assert np.nanmin(panel.values[..., shares]) >= 0
    assert np.nanmax(panel.values[..., shares]) <= 100


def test_dimensions_share_their_indicator_s_name(panel: Panel) -> None:
    names = [known.name for known in panel.indicators]
    assert sum(names.count(name) > 1 for name in set(names)) >= 30
