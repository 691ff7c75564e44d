"""Survey clustering against plain kmodes, in one run: CPU seconds, their ratio, and the clusters that each finds.

    python -m benchmarks.survey --rows 20000 --categorical 20 --continuous 20

Plain kmodes is timed for the planted k only, with `--starts` random starts (1 by default). Its usual application, ten
starts for each k up to ten, takes about a hundred times as long; the service's time is that of the whole request, from
JSON to JSON.
"""

import argparse
import json
from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from blueprints.survey import ClusteringRequest, cluster
from sids_core.stages import record


@dataclass(frozen=True)
class Survey:
    """Rows of known clusters: half of the categorical answers are the cluster's own, the others random among five."""

    numbers: NDArray[np.float64]
    codes: NDArray[np.intp]
    labels: NDArray[np.intp]

    @classmethod
    def planted(cls, rows: int, categorical: int, continuous: int, clusters: int) -> "Survey":
        """The same survey for the same arguments."""
        rng = np.random.default_rng(0)
        labels = rng.integers(clusters, size=rows)
        modes = rng.integers(5, size=(clusters, categorical))
        own = rng.random((rows, categorical)) < 0.5
        codes = np.where(own, modes[labels], rng.integers(5, size=(rows, categorical)))
        numbers = rng.normal(size=(clusters, continuous))[labels] + rng.normal(size=(rows, continuous))
        return cls(numbers, codes, labels)

    def body(self, max_k: int) -> bytes:
        """The request as a client sends it."""
        data = {
            **{f"c{j}": [f"answer {code}" for code in column] for j, column in enumerate(self.codes.T)},
            **{f"x{j}": column.tolist() for j, column in enumerate(self.numbers.T)},
        }
        types = ["categorical"] * self.codes.shape[1] + ["continuous"] * self.numbers.shape[1]
        metadata = {"Question Name": list(data), "Type": types, "Factor": ["f"] * len(types)}
        return json.dumps({"data": data, "metadata": metadata, "factor": "f", "max_k": max_k}).encode()


def plain_labels(survey: Survey, clusters: int, starts: int) -> NDArray[np.intp]:
    """Labels by kmodes, or by scikit-learn's k-means."""
    from kmodes.kmodes import KModes
    from kmodes.kprototypes import KPrototypes
    from sklearn.cluster import KMeans

    split = survey.numbers.shape[1]
    if not split:
        labels = KModes(clusters, init="Huang", n_init=starts, random_state=0).fit(survey.codes).labels_
    else:
        standardised = (survey.numbers - survey.numbers.mean(axis=0)) / survey.numbers.std(axis=0)
        if survey.codes.shape[1]:
            both = np.hstack([standardised, survey.codes])
            categorical = list(range(split, both.shape[1]))
            labels = KPrototypes(clusters, n_init=starts, random_state=0).fit(both, categorical=categorical).labels_
        else:
            labels = KMeans(clusters, n_init=starts, random_state=0).fit(standardised).labels_
    return np.asarray(labels, dtype=np.intp)


def main() -> None:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--categorical", type=int, default=20)
    parser.add_argument("--continuous", type=int, default=20)
    parser.add_argument("--clusters", type=int, default=5)
    parser.add_argument("--starts", type=int, default=1)
    parser.add_argument("--max-k", type=int, default=10)
    options = parser.parse_args()
    survey = Survey.planted(options.rows, options.categorical, options.continuous, options.clusters)
    body = survey.body(options.max_k)

    from sklearn.metrics import adjusted_rand_score

    wall, cpu = perf_counter(), process_time()
    request = ClusteringRequest.model_validate(from_json(body))
    parsed = process_time() - cpu
    with record() as stages:
        answer = cluster(request)
    answer.model_dump_json()
    wall, cpu = perf_counter() - wall, process_time() - cpu

    start = process_time()
    plain = plain_labels(survey, options.clusters, options.starts)
    plain_cpu = process_time() - start
    print(
        json.dumps(
            {
                "body_megabytes": round(len(body) / 1e6, 1),
                "algorithm": answer.algorithm,
                "k": answer.k,
                "wall_seconds": round(wall, 2),
                "cpu_seconds": round(cpu, 2),
                "parsing_cpu_seconds": round(parsed, 2),
                "stages": {name: round(seconds, 2) for name, seconds in stages.items()},
                "plain_cpu_seconds": round(plain_cpu, 2),
                "plain_fit_over_whole_answer": round(plain_cpu / cpu, 2),
                "agreement_with_planted": round(adjusted_rand_score(survey.labels, answer.cluster_label), 3),
                "agreement_of_plain_with_planted": round(adjusted_rand_score(survey.labels, plain), 3),
                "agreement_with_plain": round(adjusted_rand_score(plain, answer.cluster_label), 3),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
