"""`sids fill`: from a table with gaps to one without."""

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sids_core.errors import RequestError
from sids_core.file_names import shown
from sids_service.errors import ConfigurationError, argument_names
from sids_tools.commands.options import first_and_last, years_between
from sids_tools.commands.progress import progress_bar

if TYPE_CHECKING:
    from sids_core.imputation.filled import FillResult, NotImputed

ALL = "all"


def fill(
    file: Annotated[Path, typer.Argument(help="A table or a folder with the three tables.", show_default=False)],
    indicator: Annotated[
        list[str], typer.Option(help="Code or name of an indicator, or all; may be given several times.")
    ],
    year: Annotated[str, typer.Option(help="A year, first and last year (2000:2019), or all.")],
    out: Annotated[Path, typer.Option(help="The file to write; its ending decides: .csv, .xlsx, .parquet, .sdmx.csv.")],
    countries: Annotated[
        str, typer.Option(help="Codes or names of the SIDS to fill, separated by commas; default: those in the data.")
    ] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out if it exists.")] = False,
) -> None:
    """Fill the gaps of SIDS in a table, and write every value, observed or imputed, with its interval.

    One row for each value of the chosen SIDS; countries outside them only teach the models. Observed values leave as
    they came. What the data does not allow to impute is listed with the reason and keeps its gaps; the exit code is
    then 1. --out is written at the end, whole or not at all.

    \b
    Examples:
      sids fill demo-data --indicator key-wdi-EG.ELC.ACCS.ZS --year 2019 --out filled.xlsx
      sids fill table.csv --indicator "Access to electricity" --year 2010:2020 --countries Fiji,TON --out filled.csv
      sids fill table.xlsx --indicator all --year all --out filled.sdmx.csv
    """  # noqa: D301
    check_out(file, out, overwrite=overwrite)
    wanted = None if ALL in indicator else indicator
    if wanted is None and len(indicator) > 1:
        raise ConfigurationError(f"--indicator {ALL} stands for every indicator: give no other")
    with argument_names(indicator="--indicator", year="--year", country="--countries", countries="--countries"):
        result = _filled(file, wanted, year, _countries(countries))
    for line in reasons(result.not_imputed):
        typer.echo(f"not imputed: {line}", err=True)
    if result.not_imputed and not result.n_imputed:
        typer.echo(f"nothing could be imputed; {out} is not written", err=True)
        raise typer.Exit(1)
    check_out(file, out, overwrite=overwrite)
    result.save(out)
    observed = int(result.table["observed"].sum())
    unreliable = int(result.table["unreliable"].sum())
    care = f" ({unreliable} not to be used without care)" if unreliable else ""
    typer.echo(f"{out}: {observed} observed and {len(result.table) - observed} imputed values{care}")
    if result.not_imputed:
        typer.echo(f"{len(result.not_imputed)} indicators and years keep their gaps", err=True)
        raise typer.Exit(1)


def check_out(source: Path, out: Path, *, overwrite: bool) -> None:
    """Raise ConfigurationError if a result must not be written to `out`, or could not be.

    Before hours of work, and again before anything is written.
    """
    from sids_core.imputation.filled import check_ending

    with argument_names(path="--out"):
        try:
            check_ending(out)
        except RequestError as error:
            raise ConfigurationError(f"--out {error}") from error
    if out.exists() and not out.is_file():
        raise ConfigurationError(f"--out {shown(str(out))} is {'a folder' if out.is_dir() else 'no file'}")
    if source.is_dir() and out.resolve().parent.is_relative_to(source.resolve()):
        raise ConfigurationError(f"--out {shown(str(out))} is inside the folder that is read; choose another place")
    if _is_same(source, out):
        raise ConfigurationError(f"--out {shown(str(out))} is the file that is read; choose another name")
    if os.path.lexists(out) and not overwrite:
        raise ConfigurationError(f"--out {shown(str(out))} exists; give --overwrite to replace it")
    folder = next(folder for folder in out.absolute().parents if os.path.lexists(folder))
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(f"--out {shown(str(out))} cannot be written in {shown(str(folder))}")


def reasons(not_imputed: "Sequence[NotImputed]") -> list[str]:
    """What could not be imputed and why, a line for each indicator and reason.

    >>> from sids_core.imputation.filled import NotImputed
    >>> reasons([NotImputed("wdi-A", year, "3 of 223 countries have a value") for year in (2001, 2002, 2003, 2007)])
    ['wdi-A in 2001–2003, 2007: 3 of 223 countries have a value']
    """
    years: dict[tuple[str, str], list[int]] = {}
    for each in not_imputed:
        years.setdefault((each.indicator, each.reason), []).append(each.year)
    return [f"{shown(code)} in {_spans(of)}: {reason}" for (code, reason), of in years.items()]


def _filled(file: Path, indicators: list[str] | None, year: str, countries: list[str] | None) -> "FillResult":
    from sids_core.imputation.fill import fill
    from sids_core.panel.open import open_panel

    first, last = (0, 0) if year == ALL else first_and_last(year, "--year", others=f", or {ALL}")
    panel = open_panel(file)
    years = None if year == ALL else years_between(first, last, panel.years, year)
    if years is not None and not panel.years[0] <= first <= last <= panel.years[-1]:
        typer.echo(f"--year {year}: the data has the years {panel.years[0]} to {panel.years[-1]} only", err=True)
    with progress_bar("imputations") as advance:
        return fill(panel, indicators, years, countries=countries, progress=advance)


def _countries(text: str) -> list[str] | None:
    """Names and codes; names may contain commas themselves, so that the longest that is known is taken each time."""
    from sids_core.panel.names import find_sids

    parts = [part.strip() for part in text.split(",") if part.strip()]
    found: list[str] = []
    while parts:
        for length in range(len(parts), 0, -1):
            try:
                found.append(find_sids(", ".join(parts[:length])))
            except RequestError:
                if length > 1:
                    continue
                raise
            del parts[:length]
            break
    return found or None


def _is_same(source: Path, out: Path) -> bool:
    try:
        return source.samefile(out)
    except (FileNotFoundError, NotADirectoryError):
        return source.resolve() == out.resolve()


def _spans(years: Sequence[int]) -> str:
    runs = [[year for _, year in run] for _, run in groupby(enumerate(sorted(years)), lambda pair: pair[1] - pair[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
