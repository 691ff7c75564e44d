"""Clusters of countries against independent restarts of a plain optimiser, on requests drawn from the real data.

    python -m benchmarks.clustering --requests 300 --restarts 60

A request is a dataset, a category and a year with values, drawn evenly from all of them, 2 to 10 clusters, and values
that are standardised in three of four. The reference minimises the same criterion, the sum of squared differences of
the observed values from their cluster's mean, with starts and code of its own: from k rows drawn at random (even
restarts) or a random partition (odd ones), every row in turn moves to the cluster where the criterion is lowest, until
none moves. Seconds are of the processor, for one request on one thread.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from statistics import median
from time import process_time

import numpy as np
from numpy.typing import NDArray

from benchmarks.panel import real_panel
from sids_core.panel.panel import Panel
from sids_core.similarity import catalogue
from sids_core.similarity.cluster import cluster_countries

Matrix = NDArray[np.float64]
LARGEST_K = 10
# What is left of a sum of squares that should be 0, as a share of the sum around the mean of all rows.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Request:
    """The arguments of `cluster_countries`."""

    dataset: str
    category: str
    year: int
    k: int
    standardize: bool


def drawn_requests(panel: Panel, count: int, seed: int) -> list[Request]:
    """Requests for slices of the data that differ in dataset, category or year."""
    slices = [
        (dataset, category, year)
        for year in catalogue.years(panel)
        for dataset in catalogue.datasets(panel, year)
        for category in catalogue.categories(panel, dataset, year)
    ]
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(slices), size=min(count, len(slices)), replace=False).tolist()
    requests = []
    for index in chosen:
        dataset, category, year = slices[index]
        k, standardize = int(rng.integers(2, LARGEST_K + 1)), bool(rng.random() < 0.75)
        requests.append(Request(dataset, category, year, k, standardize))
    return requests


def reference_inertia(values: Matrix, k: int, restarts: int, rng: np.random.Generator) -> float:
    """Lowest criterion of independent restarts."""
    return min(_restart(values, k, restart % 2 == 0, rng) for restart in range(restarts))


def centred(values: Matrix) -> Matrix:
    """The values less their column's mean, which leaves the criterion as it is and its digits exact."""
    differences: Matrix = values - np.nanmean(values, axis=0)
    return differences


def main() -> None:
    """Print the comparison as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--restarts", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    panel = real_panel()
    requests = drawn_requests(panel, options.requests, options.seed)
    cluster_countries(panel, **asdict(requests[0]))  # imports are not timed
    rng = np.random.default_rng(options.seed)
    ratios, seconds = [], []
    for request in requests:
        start = process_time()
        inertia = cluster_countries(panel, **asdict(request)).inertia
        seconds.append(process_time() - start)
        table = catalogue.read_category(panel, request.dataset, request.category, request.year)
        values = table.values[table.has_values]
        values = centred(catalogue.standardized(values) if request.standardize else values)
        least = ROUNDING * float(np.nansum(values**2))
        reference = reference_inertia(values, request.k, options.restarts, rng)
        ratios.append((inertia + least) / (reference + least) if least else 1.0)
    worst = int(np.argmax(ratios))
    print(
        json.dumps(
            {
                "requests": len(requests),
                "restarts": options.restarts,
                "share_within_1_percent": round(float(np.mean(np.array(ratios) <= 1.01)), 4),
                "worst_ratio": round(ratios[worst], 4),
                "worst_request": asdict(requests[worst]),
                "share_better_by_1_percent": round(float(np.mean(np.array(ratios) < 1 / 1.01)), 4),
                "median_seconds": round(median(seconds), 3),
                "largest_seconds": round(max(seconds), 3),
            },
            indent=2,
        )
    )


def _restart(values: Matrix, k: int, from_rows: bool, rng: np.random.Generator) -> float:
    n = len(values)
    filled, observed = np.nan_to_num(values), ~np.isnan(values)
    if from_rows:
        seeds = filled[rng.choice(n, size=min(k, n), replace=False)]
        labels = (observed[:, None] * (filled[:, None] - seeds) ** 2).sum(axis=2).argmin(axis=1)
    else:
        labels = rng.integers(k, size=n)
    members = (np.arange(k)[:, None] == labels).astype(np.float64)
    totals, counts = members @ filled, members @ observed
    moved = True
    while moved:
        moved = False
        for row in rng.permutation(n):
            own = labels[row]
            totals[own] -= filled[row]
            counts[own] -= observed[row]
            means = totals / np.maximum(counts, 1)
            increase = (counts / (counts + 1) * (filled[row] - means) ** 2) @ observed[row]
            best = int(increase.argmin())
            if increase[best] < increase[own] * (1 - 1e-9) - 1e-300:
                labels[row], moved = best, True
            totals[labels[row]] += filled[row]
            counts[labels[row]] += observed[row]
    cost = 0.0
    for label in np.unique(labels):
        cluster = values[labels == label]
        present = cluster[:, ~np.isnan(cluster).all(axis=0)]
        cost += float(np.nansum((present - np.nanmean(present, axis=0)) ** 2))
    return cost


if __name__ == "__main__":
    main()
