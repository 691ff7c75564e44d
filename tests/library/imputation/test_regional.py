"""Panels of one region: few countries, of which shares say nothing."""

from dataclasses import replace

import numpy as np
import pytest

from sids_core.errors import RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import FEWEST_VALUES
from sids_core.imputation.impute import impute
from sids_core.panel.panel import REGIONAL, Panel

CARIBBEAN = ("ATG", "BHS", "BRB", "BLZ", "CUB", "DMA", "DOM", "GRD", "GUY", "HTI", "JAM", "LCA")


def only(panel: Panel, countries: tuple[str, ...]) -> Panel:
    """The panel with values of some countries alone."""
    values = np.where(np.isin(panel.countries, countries)[None, :, None], panel.values, np.nan)
    return replace(panel, values=values, observed=np.isfinite(values).sum(axis=1).astype(np.int32))


def test_below_sixty_countries_eight_values_make_a_target_or_predictor(real_panel: Panel) -> None:
    world = Catalogue(real_panel)
    assert (world.target_sample_size(), world.predictor_sample_size()) == (45, 157)
    reporting = tuple(np.array(real_panel.countries)[np.isfinite(real_panel.values).any(axis=(0, 2))].tolist())
    for countries, expected in ((REGIONAL, world), (REGIONAL - 1, None)):
        found = Catalogue(only(real_panel, reporting[:countries]))
        sizes = found.target_sample_size(), found.predictor_sample_size()
        assert sizes == (
            (expected.target_sample_size(), expected.predictor_sample_size())
            if expected
            else (FEWEST_VALUES, FEWEST_VALUES)
        )


def test_a_region_is_imputed_with_a_warning(real_panel: Panel) -> None:
    panel = only(real_panel, CARIBBEAN)
    catalogue = Catalogue(panel)
    targets = [code for dataset in catalogue.datasets(2010) for code in catalogue.targets(2010, dataset)]
    year = panel.values[panel.year_index(2010)]
    varying = [code for code in targets if np.nanstd(year[:, panel.indicator_index[code]]) > 0]
    assert len(varying) > 100
    for code in varying[:: len(varying) // 12]:
        result = impute(panel, code, 2010, n_estimators=20)
        assert np.isfinite([result.values, result.lower, result.upper]).all()
        assert f"only {result.n_training} countries have a value" in result.warnings[0]


def test_seven_values_are_too_few(real_panel: Panel) -> None:
    panel = only(real_panel, CARIBBEAN[: FEWEST_VALUES - 1])
    code = Catalogue(real_panel).targets(2010, "wdi").popitem()[0]
    with pytest.raises(RequestError, match=r"countries have a value, 8 are needed"):
        impute(panel, code, 2010)
