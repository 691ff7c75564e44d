"""The panel: every observation of a dataset in one array, with its codes and metadata."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import UnknownValueError

SIDS: tuple[str, ...] = tuple(
    "ATG ABW BHS BMU BHR BRB BLZ VGB CPV CYM COM CUB CUW DMA DOM FJI GRD GNB GUY HTI JAM KIR MDV MHL MUS "
    "FSM NRU PLW PNG WSM STP SYC SGP SXM SLB KNA VCT LCA SUR TLS TTO TON TUV TCA VUT AIA COK MSR TKL NIU".split()
)
"""The Small Island Developing States, by ISO 3166-1 alpha-3 code: members and associate members of the UN regional
commissions (https://www.un.org/ohrlls/content/list-sids), plus Tokelau."""

REGIONAL = 60
"""Countries with values, with fewer of which a panel is of one region: shares of all countries say nothing there."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """The metadata of one indicator; missing texts are empty."""

    code: str
    name: str
    dataset: str
    category: str = ""
    dimension: str = ""
    units: str = ""
    source: str = ""

    @property
    def label(self) -> str:
        """Name and dimension, joined by a hyphen; the name alone without a dimension."""
        return f"{self.name}-{self.dimension}" if self.dimension else self.name


@dataclass(frozen=True, eq=False)
class Panel:
    """Countries × indicators × years, loaded once per process and shared read-only.

    Attributes:
        version: identifies the content; panels of equal versions hold equal values.
        countries: ISO 3166-1 alpha-3 codes, ascending; includes every SIDS, even without a row in the data.
        indicators: ascending by code; only those with at least one row in the data.
        datasets: dataset code → name, for every dataset with an indicator in the panel.
        years: ascending.
        values: float64 (years, countries, indicators), NaN where missing; a service holds them as `SparseValues`, which
            index like an array.
        observed: int32 (years, indicators), number of countries with an observation.
        files: names of the source files, ascending; empty for data from memory.
    """

    version: str
    countries: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    datasets: Mapping[str, str]
    years: tuple[int, ...]
    values: NDArray[np.float64]
    observed: NDArray[np.int32]
    files: tuple[str, ...] = field(default=())

    @cached_property
    def country_index(self) -> Mapping[str, int]:
        """Country code → row of a year's slice."""
        return {code: index for index, code in enumerate(self.countries)}

    @cached_property
    def indicator_index(self) -> Mapping[str, int]:
        """Indicator code → column of a year's slice."""
        return {indicator.code: index for index, indicator in enumerate(self.indicators)}

    @cached_property
    def is_sids(self) -> NDArray[np.bool_]:
        """Bool (countries,): which rows of a year's slice are SIDS."""
        return np.isin(np.array(self.countries), np.array(SIDS))

    @cached_property
    def observed_in_sids(self) -> NDArray[np.bool_]:
        """Bool (years, SIDS, indicators): which SIDS have a value, in the order of `countries`."""
        known: NDArray[np.bool_] = np.stack([np.isfinite(values[self.is_sids]) for values in self.values])
        return known

    @property
    def sids(self) -> tuple[str, ...]:
        """Codes of the SIDS, in the order of `countries`."""
        return tuple(code for code, is_sids in zip(self.countries, self.is_sids, strict=True) if is_sids)

    @cached_property
    def is_regional(self) -> bool:
        """Whether fewer than `REGIONAL` countries have a value of any indicator in any year."""
        reporting = np.zeros(len(self.countries), dtype=np.bool_)
        for values in self.values:  # the first year usually shows enough of them
            reporting |= np.isfinite(values).any(axis=1)
            if reporting.sum() >= REGIONAL:
                return False
        return True

    def year_index(self, year: int, parameter: str = "year") -> int:
        """Position of a year; raises UnknownValueError, naming `parameter`, for an unknown one."""
        try:
            return self.years.index(year)
        except ValueError:
            raise UnknownValueError(parameter, year, self.years) from None

    def indicator(self, code: str, parameter: str = "target") -> Indicator:
        """The metadata of an indicator; raises UnknownValueError for an unknown one."""
        if code not in self.indicator_index:
            raise UnknownValueError(parameter, code, self.indicator_index)
        return self.indicators[self.indicator_index[code]]

    def check_dataset(self, code: str, parameter: str = "dataset") -> None:
        """Raise UnknownValueError for an unknown dataset."""
        if code not in self.datasets:
            raise UnknownValueError(parameter, code, self.datasets)
