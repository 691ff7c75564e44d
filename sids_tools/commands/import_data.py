"""`sids data import`: download real data from public sources, or read one's own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sids_core.file_names import shown
from sids_service.errors import ConfigurationError
from sids_tools.commands import import_table
from sids_tools.commands.options import codes, first_and_last
from sids_tools.commands.progress import progress_bar

if TYPE_CHECKING:
    from sids_tools.importers.summary import ImportSummary

BACKOFF_HELP = "Pause before the first retry, in seconds; it grows with each retry."

app = typer.Typer(help="Read public datasets or your own files, and write the three tables.", no_args_is_help=True)
app.command("table")(import_table.table)


@app.command("world-bank")
def world_bank(
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    years: Annotated[str, typer.Option(help="First and last year, 1990:2024, or one year.")] = "1990:2024",
    indicators: Annotated[str, typer.Option(help="WDI codes, separated by commas.")] = "",
    topic: Annotated[str, typer.Option(help="A World Bank topic, by number or name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every World Development Indicator (about 1,500).")] = False,
    url: Annotated[str, typer.Option(help="Address of the API.")] = "https://api.worldbank.org/v2",
    backoff: Annotated[float, typer.Option(help=BACKOFF_HELP, min=0)] = 1.0,
) -> None:
    """World Development Indicators from the World Bank's API.

    Downloads are kept for a day: rerun the command to continue an interrupted import. Indicators that the source
    refuses (deleted or archived) are left out and listed. If others are missing at the end, the tables are written
    without them, they are listed, and the exit code is 1.

    \b
    Examples:
      sids data import world-bank --indicators SP.POP.TOTL,EG.ELC.ACCS.ZS --out wdi
      sids data import world-bank --topic Environment --years 2000:2020 --out wdi
      sids data import world-bank --all --years 1990:2024 --out wdi
    """  # noqa: D301
    from sids_tools.importers.json_client import JsonClient
    from sids_tools.importers.world_bank import Selection, import_world_bank

    selected = codes(indicators)
    if [bool(selected), bool(topic), every].count(True) != 1:
        raise ConfigurationError("give exactly one of --indicators, --topic and --all")
    period = first_and_last(years)
    with JsonClient(url, backoff_seconds=backoff) as client, progress_bar("indicators") as progress:
        outcome = import_world_bank(client, Selection(selected, topic or None), period, out, progress)
    _report(outcome, out)


@app.command("sids-api")
def sids_api(
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    url: Annotated[str, typer.Option(help="URL of the folder that contains data/indicators/.")] = "",
    path: Annotated[Path | None, typer.Option(help="A local copy of that folder.")] = None,
    backoff: Annotated[float, typer.Option(help=BACKOFF_HELP, min=0)] = 1.0,
) -> None:
    """The static files of the public SIDS data API, from their URL or a clone of their repository.

    Listed indicators without a file are left out and listed. If others are missing, the exit code is 1; from a URL,
    rerun the command within a day to continue.

    \b
    Examples:
      sids data import sids-api --path ../api --out sids
      sids data import sids-api --url https://sids-dashboard.github.io/api --out sids
    """  # noqa: D301
    from sids_tools.importers.json_client import JsonClient
    from sids_tools.importers.parts import Parts
    from sids_tools.importers.sids_api import FolderSite, HttpSite, import_sids_api

    if bool(url) == (path is not None):
        raise ConfigurationError("give either --url or --path")
    parts = Parts(out, f"sids-api {url.rstrip('/')}")
    if path is not None:
        # Local files may have changed and are quick to read again.
        parts.discard()
        with progress_bar("indicators") as progress:
            outcome = import_sids_api(FolderSite(path), parts, out, progress)
    else:
        with JsonClient(url, backoff_seconds=backoff) as client, progress_bar("indicators") as progress:
            outcome = import_sids_api(HttpSite(client), parts, out, progress)
    _report(outcome, out)


def _report(outcome: "ImportSummary", folder: Path) -> None:
    counts = f"{outcome.indicators} indicators of {outcome.countries} countries, {outcome.years[0]}–{outcome.years[1]}"
    typer.echo(f"{folder}: {counts}" + (f" ({outcome.kept} kept from an earlier run)" if outcome.kept else ""))
    for line in _remarks(outcome):
        typer.echo(line, err=True)
    if outcome.unreadable or outcome.unanswered:
        raise typer.Exit(1)


def _remarks(outcome: "ImportSummary") -> Iterator[str]:
    for code, reason in outcome.refused.items():
        yield f"refused: {shown(code)}: {reason}"
    for code, reason in (*outcome.unreadable.items(), *outcome.unanswered.items()):
        yield f"missing: {shown(code)}: {reason}"
    yield from _findings(outcome)
    missing = (outcome.refused, outcome.unreadable, outcome.unanswered)
    requested = outcome.indicators + len(outcome.empty) + sum(map(len, missing))
    if outcome.refused:
        yield f"{len(outcome.refused)} of {requested} indicators are refused by the source and left out"
    if outcome.unreadable:
        yield f"{len(outcome.unreadable)} of {requested} indicators are missing, since their answers cannot be read"
    if outcome.unanswered:
        yield f"{len(outcome.unanswered)} of {requested} indicators are missing; rerun the command to retry them"


def _findings(outcome: "ImportSummary") -> Iterator[str]:
    for table, column in outcome.empty_columns:
        yield f"{table}: column {column} is empty in every row"
    if outcome.empty:
        indicators = "indicator" if len(outcome.empty) == 1 else "indicators"
        yield f"{len(outcome.empty)} {indicators} without any value, left out: {', '.join(outcome.empty)}"
    if outcome.repeated:
        values = sum(outcome.repeated.values())
        yield f"{values} further values of a country and year that has one, left out: {_counted(outcome.repeated)}"
    if outcome.unlisted:
        values, countries = sum(outcome.unlisted.values()), _counted(outcome.unlisted)
        yield f"{values} values of countries missing from the source's own list, left out: {countries}"
    if len(outcome.lastupdated) > 1:
        yield f"the source was updated meanwhile; indicators by its date: {_counted(outcome.lastupdated)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{shown(name)} ({count})" for name, count in sorted(counts.items()))
