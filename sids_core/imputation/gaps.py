"""The gaps of the SIDS: which cells are observed, which can be imputed, and why the others cannot."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.catalogue import Catalogue

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Cells of one or several indicators, counted by SIDS and year.

    Attributes:
        indicators: codes of the indicators counted.
        countries: codes of the SIDS.
        years: every year of the panel, ascending.
        observed: int64 (SIDS, years), number of indicators with a value.
        fillable: int64 (SIDS, years), number of those without one that can be imputed.
        reasons: for a single indicator, year → why it cannot be imputed then.
    """

    indicators: tuple[str, ...]
    countries: tuple[str, ...]
    years: tuple[int, ...]
    observed: NDArray[np.int64]
    fillable: NDArray[np.int64]
    reasons: dict[int, str]

    def to_frame(self) -> "DataFrame":
        """One row per SIDS and year: country, year, observed, fillable."""
        from pandas import DataFrame

        return DataFrame(
            {
                "country": np.repeat(self.countries, len(self.years)),
                "year": np.tile(self.years, len(self.countries)),
                "observed": self.observed.ravel(),
                "fillable": self.fillable.ravel(),
            }
        )


def find_gaps(catalogue: Catalogue, *, indicator: str | None = None, dataset: str | None = None) -> Gaps:
    """Count the gaps of an indicator, of a dataset's indicators, or of all.

    Args:
        catalogue: the panel, and what can be a target.
        indicator: code of the indicator; None counts several.
        dataset: code of a dataset, to which the indicator must belong if both are given.

    Raises:
        UnknownValueError: the indicator or dataset is unknown.
        RequestError: the indicator is not in the dataset.

    >>> from sids_core.panel.demo import demo_panel
    >>> gaps = find_gaps(Catalogue(demo_panel()), indicator="key-wdi-EG.ELC.ACCS.ZS")
    >>> gaps.observed.shape == gaps.fillable.shape == (50, len(gaps.years)), int((gaps.observed & gaps.fillable).max())
    (True, 0)
    """
    panel = catalogue.panel
    reasons = {}
    if indicator is not None:
        catalogue.check_dataset_of(indicator, dataset)
        columns = np.array([panel.indicator_index[indicator]])
        reasons = {year: reason for year in panel.years if (reason := catalogue.not_a_target(indicator, year))}
    else:
        if dataset is not None:
            panel.check_dataset(dataset)
        columns = np.flatnonzero([dataset in (None, each.dataset) for each in panel.indicators])
    observed = panel.observed_in_sids[:, :, columns]
    targets = np.stack([catalogue.is_target(year)[columns] for year in panel.years])
    return Gaps(
        indicators=tuple(panel.indicators[column].code for column in columns),
        countries=panel.sids,
        years=panel.years,
        observed=observed.sum(axis=2).T,
        fillable=(~observed & targets[:, None, :]).sum(axis=2).T,
        reasons=reasons,
    )
