"""`data`: import, merge, check, pack and publish real data; its versions are in `data_versions`."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sids_core.errors import DatasetError
from sids_core.files import write_file
from sids_service.errors import ConfigurationError
from sids_tools.commands import data_versions, import_data
from sids_tools.commands.data_versions import ConnectionString, Container, ContainerUrl, Place
from sids_tools.commands.progress import progress_bar

if TYPE_CHECKING:
    from sids_core.panel.report import ValidationReport
    from sids_core.panel.tables import Tables

Folder = Annotated[Path, typer.Argument(help="A folder with the three tables.")]
KeepUnknown = Annotated[
    bool,
    typer.Option(
        "--keep-unknown",
        help="Keep rows of codes that are no country, such as aggregates; services need KEEP_UNKNOWN_COUNTRIES=1.",
    ),
]
Out = Annotated[Path, typer.Option(help="Folder for the tables.")]

app = typer.Typer(help="Prepare real data, and look after its versions.", no_args_is_help=True)
app.add_typer(import_data.app, name="import")
app.command("versions")(data_versions.versions)
app.command("rollback")(data_versions.rollback)
app.command("diff")(data_versions.diff)


@app.command()
def demo(
    out: Annotated[Path, typer.Argument(help="A new folder for the three tables, or a new .xlsx or .csv file.")],
) -> None:
    """Write synthetic data: the three tables, or a part of them as a spreadsheet with names of countries.

    \b
    Examples:
      sids data demo demo-data
      sids data demo spreadsheet.xlsx
    """  # noqa: D301
    from sids_core.panel.demo import demo_spreadsheet, write_demo_data

    if out.suffix not in ("", ".xlsx", ".csv"):
        raise ConfigurationError(f"{out}: its ending is unknown; allowed: .xlsx, .csv, and none for a folder")
    if out.suffix and out.exists():
        raise ConfigurationError(f"{out} exists; demo data is written into a new file")
    if not out.suffix:
        write_demo_data(out)
        typer.echo(f"{out}: the three tables, synthetic")
        return
    frame, content = demo_spreadsheet(), BytesIO()
    if out.suffix == ".xlsx":
        frame.to_excel(content, index=False, sheet_name="Indicators")
    else:
        frame.to_csv(content, index=False)
    write_file(out, content.getvalue())
    typer.echo(f"{out}: {len(frame)} series of {frame['Country'].nunique()} countries, synthetic")


@app.command()
def check(folder: Folder, keep_unknown: KeepUnknown = False) -> None:
    """Say what the tables hold, read like a service, with errors and repairs. Exit code 1 on errors.

    \b
    Example:
      sids data check wdi
    """  # noqa: D301
    from sids_core.panel.tables import check_folder

    tables, report = check_folder(folder, keep_unknown=keep_unknown)
    if tables is not None:
        typer.echo(f"{folder}: {_counts(tables)}")
    _print(report)
    if tables is None:
        typer.echo(f"{folder}: {len(report.errors)} errors; a service would reject this dataset", err=True)
        raise typer.Exit(1)


@app.command()
def merge(
    folders: Annotated[list[Path], typer.Argument(help="Folders with the three tables, two or more.")],
    out: Out,
    prefer: Annotated[
        str, typer.Option(help="Which folder's row to keep where two contradict each other: first or last.")
    ] = "",
    keep_unknown: KeepUnknown = False,
) -> None:
    """Merge datasets into one. Rows that contradict each other are an error, unless --prefer chooses one.

    \b
    Examples:
      sids data merge wdi sids --out all
      sids data merge wdi sids --prefer last --out all
    """  # noqa: D301
    from sids_core.panel.merge import Prefer, merge
    from sids_core.panel.tables import read_folder
    from sids_core.panel.write import CSV_ENDINGS, check_target, write_csv

    if len({str(folder.resolve()) for folder in folders}) < max(2, len(folders)):
        raise ConfigurationError("merge needs at least two different folders")
    if prefer not in {"", *Prefer}:
        raise ConfigurationError(f"--prefer {prefer!r} is unknown; allowed: {', '.join(Prefer)}")
    check_target(out, CSV_ENDINGS)
    sources = {str(folder): read_folder(folder, keep_unknown=keep_unknown).content() for folder in folders}
    merged = merge(sources, Prefer(prefer) if prefer else None)
    write_csv(merged, out)
    series = merged.series
    typer.echo(f"{out}: {len(series.values)} rows of {len(series.indicators)} indicators")


@app.command()
def pack(folder: Folder, out: Out, keep_unknown: KeepUnknown = False) -> None:
    """Write the same tables as parquet, which services load several times faster.

    \b
    Example:
      sids data pack all --out packed
    """  # noqa: D301
    from sids_core.panel.tables import read_folder
    from sids_core.panel.write import PARQUET_ENDINGS, check_target, write_parquet

    check_target(out, PARQUET_ENDINGS)
    tables = read_folder(folder, keep_unknown=keep_unknown)
    write_parquet(tables.content(), out)
    if read_folder(out, keep_unknown=keep_unknown).version() != tables.version():
        raise DatasetError(f"{out} does not read back as {folder}; pack again")
    typer.echo(f"{out}: {_counts(tables)}")


@app.command()
def publish(
    folder: Folder,
    container_url: ContainerUrl = "",
    connection_string: ConnectionString = "",
    container: Container = "",
    keep: Annotated[int, typer.Option(help="Versions to keep, including the current one.", min=1)] = 3,
    keep_unknown: KeepUnknown = False,
) -> None:
    """Check the tables, upload them as a new version, and make it the current one atomically.

    Services that read the container load it at their next poll; until then they keep the previous version. Without
    options, the settings DATASET_CONTAINER_URL or DATASET_CONNECTION_STRING and DATASET_CONTAINER name the container.

    \b
    Examples:
      sids data publish packed --container-url https://<account>.blob.core.windows.net/datasets
      DATASET_CONNECTION_STRING=… sids data publish packed --container datasets
    """  # noqa: D301
    from sids_core.panel.layout import table_files
    from sids_core.panel.tables import read_tables
    from sids_tools.publishing import publish

    with Place(container_url, connection_string, container).open() as client:
        files = table_files(folder)
        tables, report = read_tables(files, keep_unknown=keep_unknown)
        _print(report)
        if tables is None:
            typer.echo(f"{folder}: nothing was published", err=True)
            raise typer.Exit(1)
        with progress_bar("bytes") as progress:
            done = publish(files, tables.version(), client, keep, progress)
    typer.echo(f"{done.folder} is {'now' if done.changed else 'already'} the current version: {_counts(tables)}")
    for old in done.removed:
        typer.echo(f"{old} was removed")


def _print(report: "ValidationReport") -> None:
    for issue in report.errors:
        typer.echo(f"error: {issue.message}", err=True)
    for issue in report.repairs:
        typer.echo(f"repaired: {issue.message}", err=True)


def _counts(tables: "Tables") -> str:
    return f"{tables.content().series.counts()}; version {tables.version()}"
