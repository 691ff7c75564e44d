"""Draw docs/images/imputation.svg: one indicator and year, observed and imputed, with 90 % prediction intervals.

    python examples/plot_imputation.py [demo-data] [docs/images/imputation.svg]

Needs the extra `plot`. The same data gives the same file.
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

import sids_core as sids

INDICATOR, YEAR = "key-wdi-EG.ELC.ACCS.ZS", 2019
OBSERVED, IMPUTED = "#56789a", "#d55e00"


def draw(frame: pd.DataFrame) -> Figure:
    """Countries sorted by value: dots where observed, diamonds with their interval where imputed."""
    frame = frame.sort_values("value", ignore_index=True)
    observed, imputed = frame[frame["observed"]], frame[~frame["observed"]]
    figure = Figure(figsize=(9.5, 3.9), layout="constrained")
    axes = figure.add_subplot()
    axes.vlines(imputed.index, imputed["lower"], imputed["upper"], color=IMPUTED, linewidth=1.6, alpha=0.55)
    axes.scatter(observed.index, observed["value"], s=26, color=OBSERVED, label="observed")
    axes.scatter(
        imputed.index, imputed["value"], s=34, marker="D", color=IMPUTED, label="imputed, with 90 % prediction interval"
    )
    axes.set_xticks(frame.index, frame["country"], rotation=90, fontsize=8)
    axes.set_xlim(-1, len(frame))
    axes.set_ylabel("access to electricity, % (synthetic)")
    axes.set_title(f"Small Island Developing States, {YEAR} (synthetic demo data)", loc="left", fontsize=11)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the picture of the README.")
    parser.add_argument("data", nargs="?", default="demo-data")
    parser.add_argument("picture", nargs="?", type=Path, default=Path("docs/images/imputation.svg"))
    given = parser.parse_args()
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": INDICATOR, "font.family": "sans-serif"})
    panel = sids.open_panel(given.data)
    draw(sids.impute(panel, INDICATOR, YEAR).to_frame()).savefig(given.picture, metadata={"Date": None})
