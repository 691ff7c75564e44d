"""The real dataset, where it is."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from sids_core.panel.panel import Panel
from sids_service.dataset.dataset import Dataset
from sids_service.dataset.folder_store import FolderStore


@pytest.fixture(scope="module")
def dataset(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    opened = Dataset(FolderStore(real_data), tmp_path_factory.mktemp("cache"), 60)
    opened.panel()
    opened.stop()
    return opened


@pytest.fixture(scope="module")
def panel(dataset: Dataset) -> Panel:
    return dataset.panel()


def test_counts(dataset: Dataset) -> None:
    status = dataset.status()
    assert (status.rows, status.countries, status.indicators, status.years) == (263_537, 223, 3_488, 31)
    assert dict(status.repairs) == {"surrounding_blanks": 143, "missing_name": 91}


def test_every_figure_is_the_file_s_to_the_last_digit(panel: Panel, real_data: Path) -> None:
    seen = np.zeros(panel.values.shape[1:], dtype=np.int64)
    with gzip.open(real_data / "indicatorData.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for number, (country, indicator, *cells) in enumerate(rows):
            place = panel.country_index[country], panel.indicator_index[indicator]
            seen[place] += 1
            if number % 50 == 0:
                expected = [float(cell) if cell else np.nan for cell in cells]
                np.testing.assert_array_equal(panel.values[:, *place], expected)
    assert seen.max() == 1
    assert not np.isfinite(panel.values[:, seen == 0]).any()


def test_observed_counts_the_figures(panel: Panel) -> None:
    year = panel.year_index(2001)
    np.testing.assert_array_equal(panel.observed[year], np.isfinite(panel.values[year]).sum(axis=0))
    assert panel.observed[year, panel.indicator_index["key-wdi-EG.ELC.ACCS.ZS"]] == 190


def test_names_and_datasets(panel: Panel) -> None:
    assert panel.is_sids.sum() == 50
    assert len(panel.datasets) == 20
    assert panel.datasets["hdi"] == "Human Development Index (UNDP, DDF)"
    assert all(known.dataset == "wdi" for known in panel.indicators if known.code.startswith("wdi2-"))
    assert sum(known.name == known.code for known in panel.indicators) == 91
    assert "ihme-fire,-heat,-and-hot-substances" in panel.indicator_index
    assert not {known.dimension for known in panel.indicators} & {"None", "none", "nan"}
