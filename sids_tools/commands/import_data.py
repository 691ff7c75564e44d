"""`data import`: real data from public sources."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sids_service.errors import ConfigurationError
from sids_tools.commands.options import codes, first_and_last
from sids_tools.commands.progress import progress_bar

if TYPE_CHECKING:
    from sids_tools.importers.outcome import Outcome

BACKOFF_HELP = "Seconds before the second attempt; later pauses grow from it."

app = typer.Typer(help="Fetch real data from a public source and write the three tables.", no_args_is_help=True)


@app.command("world-bank")
def world_bank(
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    years: Annotated[str, typer.Option(help="First and last year.")] = "1990:2024",
    indicators: Annotated[str, typer.Option(help="WDI codes, separated by commas.")] = "",
    topic: Annotated[str, typer.Option(help="A topic of the World Bank, by number or name.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every World Development Indicator, some 1,500.")] = False,
    url: Annotated[str, typer.Option(help="Address of the API.")] = "https://api.worldbank.org/v2",
    backoff: Annotated[float, typer.Option(help=BACKOFF_HELP, min=0)] = 1.0,
) -> None:
    """World Development Indicators by the World Bank's API.

    What has arrived is kept: the same command goes on where an earlier one was stopped. If something is missing at
    the end, the tables are written without it, it is named, and the exit code is 1.

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
    url: Annotated[str, typer.Option(help="Web address of the folder that holds data/indicators/.")] = "",
    path: Annotated[Path | None, typer.Option(help="A copy of that folder on this machine.")] = None,
    backoff: Annotated[float, typer.Option(help=BACKOFF_HELP, min=0)] = 1.0,
) -> None:
    """The public SIDS data API's static files, from their web address or a clone of their repository.

    \b
    Examples:
      sids data import sids-api --path ../api --out sids
      sids data import sids-api --url https://sids-dashboard.github.io/api --out sids
    """  # noqa: D301
    from sids_tools.importers.json_client import JsonClient
    from sids_tools.importers.parts import Parts
    from sids_tools.importers.sids_api import FolderSite, HttpSite, import_sids_api

    if bool(url) == (path is not None):
        raise ConfigurationError("say where the files are: either --url or --path")
    parts = Parts(out, f"sids-api {url.rstrip('/')}")
    if path is not None:
        # Local files may have changed since, and are quickly read again.
        parts.discard()
        with progress_bar("indicators") as progress:
            outcome = import_sids_api(FolderSite(path), parts, out, progress)
    else:
        with JsonClient(url, backoff_seconds=backoff) as client, progress_bar("indicators") as progress:
            outcome = import_sids_api(HttpSite(client), parts, out, progress)
    _report(outcome, out)


def _report(outcome: "Outcome", folder: Path) -> None:
    counts = f"{outcome.indicators} indicators of {outcome.countries} countries, {outcome.years[0]}–{outcome.years[1]}"
    typer.echo(f"{folder}: {counts}" + (f" ({outcome.kept} kept from an earlier run)" if outcome.kept else ""))
    for line in _remarks(outcome):
        typer.echo(line, err=True)
    if outcome.missing:
        raise typer.Exit(1)


def _remarks(outcome: "Outcome") -> Iterator[str]:
    if outcome.empty:
        yield f"without any figure in these years, and left out: {', '.join(outcome.empty)}"
    for code, reason in outcome.missing.items():
        yield f"missing: {code}: {reason}"
    if outcome.missing:
        wanted = outcome.indicators + len(outcome.empty) + len(outcome.missing)
        yield f"{len(outcome.missing)} of {wanted} indicators are missing; the same command tries them again"
