"""Every real series by every method: our values, and those of pandas from child processes, which may crash.

`python -m benchmarks.interpolation [--every 1]`: the series of the real data's SIDS that have gaps and enough
observations, every n-th of them. "Equal" is within a millionth of the largest value; pandas' `spline` decides at
rounding errors where intervals tie, so that a few series get other knots.
"""

import argparse
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.panel import real_panel
from sids_core.interpolation import MAX_ORDER, METHODS
from sids_core.interpolation.interpolate import fill

Values = NDArray[np.float64]

VARIANTS = tuple(
    (name, order)
    for name, method in METHODS.items()
    for order in (range(1, MAX_ORDER + 1) if method.takes_order else (None,))
)
"""Methods with each order they take."""

TOLERANCE = 1e-6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    panel = real_panel()
    sids = panel.values[:, panel.is_sids].reshape(len(panel.years), -1).T
    observed = np.isfinite(sids).sum(axis=1)
    print("| method | order | series | not finite | pandas crashes | equal | different |")
    print("|---|---|---|---|---|---|---|")
    for method, order in VARIANTS:
        enough = (observed >= METHODS[method].fewest_observations(order)) & (observed < len(panel.years))
        series = list(sids[enough][:: arguments.every])
        ours = [fill(panel.years, values, method, "both", order) for values in series]
        by_pandas = list(filled_by_pandas(panel.years, series, method, order))
        finite = [_is_finite(own, values) for own, values in zip(ours, series, strict=True)]
        equal = [known is not None and is_equal(own, known) for own, known in zip(ours, by_pandas, strict=True)]
        crashed = sum(known is None for known in by_pandas)
        different = len(series) - sum(equal) - crashed
        print(f"| {method} | {order or ''} | {len(series)} | {finite.count(False)} | {crashed} | {sum(equal)} | "
              f"{different} |", flush=True)  # fmt: skip


def is_equal(ours: Values, known: Values) -> bool:
    """Whether two filled series are equal within the tolerance."""
    scale = np.nanmax(np.abs(known), initial=0.0)
    return bool(np.allclose(ours, known, rtol=0, atol=TOLERANCE * scale, equal_nan=True))


def filled_by_pandas(
    years: Sequence[int], series: Sequence[Values], method: str, order: int | None
) -> Iterator[Values | None]:
    """The series filled by pandas in both directions; None for each that ends its process."""
    done = 0
    while done < len(series):
        command = [sys.executable, "-m", "benchmarks.interpolation_child"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603 (our own child)
            to_child, from_child = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
            pickle.dump((tuple(years), list(series[done:]), method, order), to_child)
            to_child.close()
            try:
                while done < len(series):
                    yield pickle.load(from_child)  # noqa: S301 (our own child)
                    done += 1
            except EOFError:
                yield None
                done += 1


def _is_finite(filled: Values, series: Values) -> bool:
    """Whether every year between the first and the last observed one has a finite value."""
    seen = np.flatnonzero(np.isfinite(series))
    return bool(np.isfinite(filled[seen[0] : seen[-1] + 1]).all())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
