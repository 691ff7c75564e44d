"""`sids evaluate`: how well the gaps of an indicator can be imputed, by setting."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.config import MAX_N_ESTIMATORS, MAX_N_PREDICTORS
from sids_core.imputation.ensembles import ALL, ENSEMBLES
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.selection import AUTOMATIC
from sids_service.errors import argument_names
from sids_tools.commands.columns import in_columns
from sids_tools.commands.options import codes, either, first_and_last, years_between
from sids_tools.commands.progress import progress_bar

if TYPE_CHECKING:
    from sids_core.evaluation.scores import Score

HEAD = ("hidden", "method", "values", "error", "rmse", "coverage", "95 % interval", "width", "reported / real")
NAMES = {
    "indicator": "--indicator",
    "years": "--year",
    "hiding": "--hiding",
    "base_imputer": "--interpolator",
    "selection": "--scheme",
    "ensemble": "--model",
    "interval": "--interval",
}


def evaluate(
    file: Annotated[Path, typer.Argument(help="A table or a folder with the three tables.", show_default=False)],
    indicator: Annotated[str, typer.Option(help="Code or name of the indicator.")],
    year: Annotated[str, typer.Option(help="A year, or first and last year: 2018:2020.")],
    model: Annotated[str, typer.Option(help=f"Several are compared: etr,gbr. {either(*ENSEMBLES, ALL)}")] = "etr",
    scheme: Annotated[str, typer.Option(help=f"Likewise. {either(*AUTOMATIC)}")] = "AFS",
    interval: Annotated[str, typer.Option(help=f"Likewise. {either(*INTERVALS)}")] = "quantile",
    interpolator: Annotated[str, typer.Option(help=f"Likewise. {either(*BASE_IMPUTERS)}")] = "KNNImputer",
    number_predictor: Annotated[
        int | None,
        typer.Option(
            help="Number of predictors to select; default: 10, or all if they are fewer.", min=1, max=MAX_N_PREDICTORS
        ),
    ] = None,
    estimators: Annotated[int, typer.Option(help="Number of trees.", min=1, max=MAX_N_ESTIMATORS)] = 100,
    hiding: Annotated[
        str, typer.Option(help="Ways to hide values: all years,one year,gap,never,mixed; default: all of them.")
    ] = "",
    rounds: Annotated[int, typer.Option(help="Rounds by way and year, each with other countries.", min=1, max=4)] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the draw of what is hidden.", min=0)] = 0,
) -> None:
    """Hide values of an indicator the way values are really missing, impute them, and print error, coverage and width.

    Error and width are in standard deviations of the indicator, rmse is in its unit. Beside the settings: the
    interpolation of the countries' own series, the SIDS' median and the mean, on the same hidden values.

    \b
    Examples:
      sids evaluate demo-data --indicator key-wdi-EG.ELC.ACCS.ZS --year 2019
      sids evaluate table.csv --indicator "Safe water" --year 2018:2020 --model etr,gbr --scheme AFS,PCA
    """  # noqa: D301
    from sids_core.evaluation.evaluate import evaluate as evaluate_settings
    from sids_core.evaluation.hiding import HIDING
    from sids_core.panel.names import find_indicator
    from sids_core.panel.open import open_panel

    first, last = first_and_last(year, "--year")
    panel = open_panel(file)
    years = years_between(first, last, panel.years, year)
    chosen: dict[str, Any] = {} if number_predictor is None else {"n_predictors": number_predictor}
    with argument_names(**NAMES), progress_bar("imputations") as advance:
        found = evaluate_settings(
            panel,
            find_indicator(panel, indicator),
            years,
            hiding=codes(hiding) or HIDING,
            rounds=rounds,
            seed=seed,
            progress=advance,
            ensemble=codes(model),
            selection=codes(scheme),
            interval=codes(interval),
            base_imputer=codes(interpolator),
            n_estimators=estimators,
            **chosen,
        )
    rows = [HEAD, *((*names, *_figures(score)) for names, score in found.scores.items())]
    for line in in_columns(rows, names=2):
        typer.echo(line)
    for warning in found.warnings:
        typer.echo(warning, err=True)


def _figures(score: "Score") -> tuple[str, ...]:
    if score.coverage != score.coverage:  # NaN: a baseline has no interval
        return f"{score.values}", f"{score.error:.3f}", f"{score.rmse:.4g}", "", "", "", ""
    return (
        f"{score.values}",
        f"{score.error:.3f}",
        f"{score.rmse:.4g}",
        f"{score.coverage:.0%}",
        f"{score.coverage_low:.0%} – {score.coverage_high:.0%}",
        f"{score.width:.2f}",
        f"{score.reported_error:.2f}",
    )
