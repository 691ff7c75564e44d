"""Draw docs/images/imputation.svg: one indicator and year, observed and imputed, with 90 % prediction intervals.

    python examples/plot_imputation.py [demo-data] [docs/images/imputation.svg]

Needs the extra `plot`. The same data gives the same file.
"""

import argparse
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

import sids_core as sids

INDICATOR, YEAR = "key-wdi-EG.ELC.ACCS.ZS", 2019


def draw(result: sids.ImputationResult) -> Figure:
    """The countries by value; in a notebook, `result.plot()` is all it takes."""
    figure = Figure(figsize=(9.5, 3.9), layout="constrained")
    axes = result.plot(ax=figure.add_subplot())
    axes.set_ylabel("access to electricity, % (synthetic)")
    axes.set_title(f"Small Island Developing States, {YEAR} (synthetic demo data)", loc="left", fontsize=11)
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the picture of the README.")
    parser.add_argument("data", nargs="?", default="demo-data")
    parser.add_argument("picture", nargs="?", type=Path, default=Path("docs/images/imputation.svg"))
    given = parser.parse_args()
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": INDICATOR, "font.family": "sans-serif"})
    panel = sids.open_panel(given.data)
    draw(sids.impute(panel, INDICATOR, YEAR)).savefig(given.picture, metadata={"Date": None})
