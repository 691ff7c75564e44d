"""`sids data import table`: the three tables from files that other people made."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sids_core.file_names import one_line
from sids_core.panel.layout import ENDINGS, REQUIRED_COLUMNS
from sids_service.errors import ConfigurationError
from sids_tools.commands.options import codes

if TYPE_CHECKING:
    from sids_core.foreign.read import ForeignTables
    from sids_core.panel.tables import TableContent

TABLE_FILES = frozenset(table + ending for table in REQUIRED_COLUMNS for ending in ENDINGS)


def table(
    files: Annotated[list[Path], typer.Argument(help="Files as .csv, .tsv, .txt, .csv.gz, .xlsx or .parquet.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the tables.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Preview what is understood; write nothing.")] = False,
    delimiter: Annotated[str, typer.Option(help="Between cells: comma, semicolon, tab or bar.")] = "",
    decimal: Annotated[str, typer.Option(help="Decimal sign of numbers written as text: point or comma.")] = "",
    encoding: Annotated[str, typer.Option(help="Of text files, as cp1252.")] = "",
    sheet: Annotated[str, typer.Option(help="The one sheet to read of an Excel file.")] = "",
    header: Annotated[int, typer.Option(help="Line or row with the names of the columns.", min=0)] = 0,
    country: Annotated[str, typer.Option(help="The column of countries, or the one country of every row.")] = "",
    indicator: Annotated[str, typer.Option(help="The column of indicators, or the name of the one indicator.")] = "",
    year: Annotated[str, typer.Option(help="The column of years, or the one year of every row.")] = "",
    value: Annotated[str, typer.Option(help="The column of values.")] = "",
    dimensions: Annotated[
        str, typer.Option(help="Columns that divide an indicator, such as sex,age, separated by commas.")
    ] = "",
) -> None:
    """Spreadsheets and downloads of agencies, as they are: long or wide, with names or codes of countries.

    Delimiter, decimal sign, encoding, header and the columns' roles are recognised; options override that. What is
    guessed or left out is listed. The exit code is 1 if something was left out because it was not understood.

    \b
    Examples:
      sids data import table population.xlsx --dry-run
      sids data import table population.xlsx schools.csv --out mine
      sids data import table trade.csv --decimal comma --dimensions sector --out mine
    """  # noqa: D301
    from sids_core.foreign.options import TableOptions
    from sids_core.foreign.read import read
    from sids_core.panel.write import CSV_ENDINGS, check_target

    if (out is None) != dry_run:
        raise ConfigurationError("give either --out with the folder for the tables, or --dry-run")
    options = TableOptions(
        delimiter, decimal, encoding, sheet, header, country, indicator, year, value, codes(dimensions)
    )
    if out is not None:
        check_target(out, CSV_ENDINGS)
        _check_spared(files, out)
    found = read(files, options)
    _print(found)
    if found.content is None:
        typer.echo("nothing was written" if out else "nothing would be written", err=True)
        raise typer.Exit(1)
    if out is not None:
        _write(found.content, out)
    typer.echo(f"{out or 'all'}: {found.content.series.counts()}")
    if found.lost:
        typer.echo("some of the data was not understood and is left out, as listed above", err=True)
        raise typer.Exit(1)


def _check_spared(files: list[Path], out: Path) -> None:
    """Raise ConfigurationError if the new tables would replace a file that is read."""
    for file in files:
        if file.resolve().parent == out.resolve() and file.resolve().name in TABLE_FILES:
            raise ConfigurationError(f"--out {out} would replace {file}, which is read")


def _print(found: "ForeignTables") -> None:
    for line in found.understood:
        typer.echo(one_line(line))
    for issue in found.report.errors:
        typer.echo(f"error: {one_line(issue.message)}", err=True)
    for issue in found.report.repairs:
        typer.echo(f"note: {one_line(issue.message)}", err=True)


def _write(content: "TableContent", folder: Path) -> None:
    """Write the tables; a folder that does not exist appears with all of them."""
    from sids_core.panel.write import write_csv

    if folder.exists():
        write_csv(content, folder)
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as scratch:
        write_csv(content, Path(scratch) / "tables")
        (Path(scratch) / "tables").replace(folder)
