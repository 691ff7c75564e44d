"""The real dataset, where it is."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from sids_core.panel.pack import PackedPanel, pack
from sids_core.panel.panel import Panel
from sids_core.panel.tables import check_folder


@pytest.fixture(scope="module")
def packed(real_data: Path) -> PackedPanel:
    tables, report = check_folder(real_data)
    assert tables is not None, report.errors
    return pack(tables, report.repaired)


@pytest.fixture(scope="module")
def panel(packed: PackedPanel) -> Panel:
    return packed.panel


def test_counts(packed: PackedPanel) -> None:
    assert packed.rows == 263_537
    assert packed.panel.values.shape == (31, 223, 3_488)
    assert packed.repairs == {"surrounding_blanks": 183, "missing_name": 91}


def test_every_value_is_the_file_s_to_the_last_digit(panel: Panel, real_data: Path) -> None:
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


def test_observed_counts_the_values(panel: Panel) -> None:
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
