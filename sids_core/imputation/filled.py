"""Several indicators and years, observed or imputed for the chosen SIDS."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sids_core.errors import RequestError, UnknownValueError
from sids_core.export import Exportable
from sids_core.export.sdmx_csv import DATAFLOW
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.intervals import NOMINAL_COVERAGE
from sids_core.panel.panel import Indicator, Panel
from sids_core.panel.places import PLACES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sids_core.imputation.result import ImputationResult

ENDINGS = (".sdmx.csv", ".csv", ".xlsx", ".parquet")
"""Endings of the files that a filled table is saved as; the first that fits decides."""

COLUMNS = {
    "country": "ISO 3166-1 alpha-3 code",
    "country_name": "its name",
    "indicator": "code of the indicator",
    "indicator_name": "its name and dimension",
    "year": "the year",
    "value": "observed, to the last digit, or imputed",
    "lower": "lower bound of the 90 % prediction interval; the value itself where it is observed",
    "upper": "upper bound",
    "observed": "TRUE: published; FALSE: imputed",
    "method": "how it was imputed; empty where observed",
    "expected_error": "root mean squared error to expect of an imputed value",
    "evidence": "share of what an imputed value rests on that was observed, 0 to 1",
    "unreliable": "TRUE: not to be used without care",
    "units": "unit of value, bounds and error, as the data names it",
}
"""Columns of a filled table, and what they say."""


@dataclass(frozen=True, slots=True)
class NotImputed:
    """An indicator in a year whose gaps stay, and the reason.

    Attributes:
        indicator: code of the indicator.
        year: the year.
        reason: why the data does not allow it.
    """

    indicator: str
    year: int
    reason: str


@dataclass(frozen=True, eq=False)
class FillResult(Exportable):
    """Several indicators and years, observed or imputed for the chosen SIDS; made by `fill`.

    Attributes:
        table: what `to_frame` returns a copy of.
        indicators: codes of the indicators that were asked for.
        years: the years that were asked for, ascending.
        countries: codes of the SIDS that were filled, ascending.
        not_imputed: the indicators and years whose gaps stay, since the data does not allow to impute them.
        n_imputed: number of indicators and years with an imputed value.
        config: the configuration.
        dataset_version: version of the panel.
        nominal_coverage: nominal coverage of the intervals.
    """

    table: "pd.DataFrame" = field(repr=False)
    indicators: tuple[str, ...]
    years: tuple[int, ...]
    countries: tuple[str, ...]
    not_imputed: tuple[NotImputed, ...]
    n_imputed: int
    config: ImputationConfig
    dataset_version: str
    nominal_coverage: float = NOMINAL_COVERAGE

    def to_frame(self) -> "pd.DataFrame":
        """One row for every value of the countries, observed or imputed, by indicator, year and country.

        Returns:
            country, country_name, indicator, indicator_name, year, value, lower, upper (in the indicator's unit),
            observed (bool), method, expected_error, evidence, unreliable (bool) and units. For an observed value
            lower = upper = value, the method is empty, error and evidence are NaN. Gaps that stay have no row.
        """
        return self.table.copy()

    def to_excel(self, path: "str | os.PathLike[str]") -> None:
        """Write a workbook: the table in the sheet `filled`; what could not be imputed, and why, in `not imputed`.

        Raises:
            MissingExtraError: openpyxl is not installed.
            OSError: the file cannot be written; an existing one is left as it was.
        """
        import pandas as pd

        from sids_core.export.excel import write_excel

        reasons = pd.DataFrame(self.not_imputed, columns=["indicator", "year", "reason"])
        meaning = pd.DataFrame(list(COLUMNS.items()), columns=["column", "meaning"])
        sheets = {"filled": self.table, "not imputed": reasons, "columns": meaning}
        write_excel({name: sheet for name, sheet in sheets.items() if len(sheet)}, Path(path))

    def to_parquet(self, path: "str | os.PathLike[str]") -> None:
        """Write the table as Parquet.

        Raises:
            MissingExtraError: fastparquet is not installed.
            OSError: the file cannot be written; an existing one is left as it was.
        """
        from sids_core.export.parquet_file import write_parquet

        write_parquet(self.table, Path(path))

    def to_sdmx_csv(self, path: "str | os.PathLike[str] | None" = None, *, dataflow: str = DATAFLOW) -> str | None:
        """The table as SDMX-CSV 2.0: OBS_STATUS A (observed) or I (imputed), REF_AREA as ISO alpha-3, bounds included.

        Args:
            path: the file, replaced if it exists; None for the text itself.
            dataflow: agency, id and version of the dataflow that the data is of.

        Returns:
            The text, if no path is given.

        Raises:
            RequestError: the dataflow is not of the form AGENCY:ID(1.0).
            OSError: the file cannot be written; an existing one is left as it was.
        """
        from sids_core.export.sdmx_csv import sdmx_text, write_sdmx_csv

        if path is None:
            return sdmx_text(self.table, dataflow)
        write_sdmx_csv(self.table, Path(path), dataflow)
        return None

    def save(self, path: "str | os.PathLike[str]") -> None:
        """Write a file in the format that its ending names: `.csv`, `.xlsx`, `.parquet` or `.sdmx.csv`.

        Raises:
            RequestError: the ending is another one.
            MissingExtraError: the library that writes the format is not installed.
            OSError: the file cannot be written; an existing one is left as it was.
        """
        writers: dict[str, Callable[[str | os.PathLike[str]], object]] = {
            ".sdmx.csv": self.to_sdmx_csv,
            ".csv": self.to_csv,
            ".xlsx": self.to_excel,
            ".parquet": self.to_parquet,
        }
        writers[check_ending(Path(path))](path)

    def plot(
        self,
        indicator: str | None = None,
        *,
        year: int | None = None,
        country: str | None = None,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw the countries in a year, sorted by value with their intervals, or the series of a country with its band.

        Args:
            indicator: code of one of the indicators; may be left out if there is one only.
            year: one of the years; may be left out if there is one only, or with a country.
            country: code of one of the countries, for its series.
            ax: where to draw; None makes a figure.

        Raises:
            RequestError: it is not said which indicator, or which year or country.
            UnknownValueError: the result has no such indicator, year or country.
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.export.plots import plot_countries, plot_series

        code = _chosen("indicator", indicator, self.indicators)
        frame = self.table[self.table["indicator"] == code]
        if country is None:
            year = _chosen("year", year, self.years, " (or a country, for its series)")
            return plot_countries(frame[frame["year"] == year], title=f"{code}, {year}", ax=ax)
        frame = frame[frame["country"] == _chosen("country", country, self.countries)]
        if year is not None:
            frame = frame[frame["year"] == _chosen("year", year, self.years)]
        return plot_series(frame, title=f"{code}, {country}", ax=ax)


class FilledTable:
    """Gathers the rows of a filled table, imputation by imputation.

    Args:
        panel: the data.
        countries: codes of the countries to fill.
    """

    def __init__(self, panel: Panel, countries: Sequence[str]) -> None:
        self._panel = panel
        self._names = {country: PLACES[country].name for country in countries}
        self._columns: dict[str, list[Any]] = {column: [] for column in COLUMNS}

    def add(self, indicator: Indicator, year: int, result: "ImputationResult | None") -> None:
        """Add the values of an indicator in a year: the observed ones, and those that a result has imputed."""
        panel = self._panel
        values = panel.values[panel.year_index(year), :, panel.indicator_index[indicator.code]]
        bounds = {}
        if result is not None:
            bounds = dict(
                zip(result.countries, zip(result.values, result.lower, result.upper, strict=True), strict=True)
            )
        for country, name in self._names.items():
            value = float(values[panel.country_index[country]])
            observed = not np.isnan(value)
            row: tuple[object, ...] = (country, name, indicator.code, indicator.label, year)
            if observed:
                row += (value, value, value, True, "", np.nan, np.nan, False)
            elif result is not None:
                row += (
                    *map(float, bounds[country]),
                    False,
                    result.method[country],
                    result.expected_error[country],
                    result.evidence[country],
                    country in result.unreliable,
                )
            else:
                continue
            for column, cell in zip(self._columns.values(), (*row, indicator.units), strict=True):
                column.append(cell)

    def frame(self) -> "pd.DataFrame":
        """The table."""
        import pandas as pd

        kinds = {"year": "int64", "observed": "bool", "unreliable": "bool"}
        kinds |= dict.fromkeys(("value", "lower", "upper", "expected_error", "evidence"), "float64")
        return pd.DataFrame(
            {name: pd.Series(cells, dtype=kinds.get(name, "str")) for name, cells in self._columns.items()}
        )


def check_ending(path: Path) -> str:
    """The ending of `ENDINGS` that a file has.

    Raises:
        RequestError: it has another one.
        MissingExtraError: the library that writes the format is not installed.
    """
    ending = next((ending for ending in ENDINGS if path.name.lower().endswith(ending)), None)
    if ending is None:
        raise RequestError(f"{path.name} has none of the endings {', '.join(ENDINGS)}", parameter="path")
    if ending == ".xlsx":
        from sids_core.export.excel import check_writer

        check_writer()
    elif ending == ".parquet":
        from sids_core.export.parquet_file import check_writer

        check_writer()
    return ending


def _chosen(parameter: str, value: Any, allowed: Sequence[Any], alternative: str = "") -> Any:
    """The value, or the only one that there is."""
    if value is None and len(allowed) == 1:
        return allowed[0]
    if value is None:
        raise RequestError(
            f"give one of the {len(allowed)} {parameter} values{alternative}: {allowed[0]}, {allowed[1]}, …",
            parameter=parameter,
        )
    if value not in allowed:
        raise UnknownValueError(parameter, value, allowed)
    return value
