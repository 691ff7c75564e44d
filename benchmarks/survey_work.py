"""How long surveys take, as a share of the bound by which they are refused before they begin.

`python -m benchmarks.survey_work` measures processor time on random answers, planted clusters, answers that are all
different, and answers that drift, which make the algorithms converge slowly. A share above 1 means that the constants
of `sids_core.survey.work` are too small for this machine.
"""

from collections.abc import Mapping
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sids_core.survey import CATEGORICAL, CONTINUOUS
from sids_core.survey.cluster import cluster_survey
from sids_core.survey.work import SurveyWork

SEED = 1
LEVELS = 5
SIZES = (
    SurveyWork(5, 0, 200, 10),
    SurveyWork(20, 0, 500, 10),
    SurveyWork(100, 0, 400, 10),
    SurveyWork(5, 0, 200, 30),
    SurveyWork(5, 5, 200, 10),
    SurveyWork(20, 5, 300, 10),
    SurveyWork(5, 50, 200, 10),
    SurveyWork(0, 5, 1000, 10),
    SurveyWork(0, 100, 1000, 20),
    SurveyWork(0, 10, 20_000, 10),
    SurveyWork(3, 3, 20_000, 4),
)
KINDS = ("random", "clusters", "different", "drifting")


def main() -> None:
    """Print a row per size."""
    for warm in (SurveyWork(1, 0, 9, 2), SurveyWork(1, 1, 9, 2), SurveyWork(0, 1, 9, 2)):
        _seconds(warm, "random")
    print(f"| categorical, continuous | rows | max_k | bound | {' | '.join(f'share, {kind}' for kind in KINDS)} |")
    print("|---|---|---|---|" + len(KINDS) * "---|")
    for size in SIZES:
        bound = size.most_seconds()
        shares = " | ".join(f"{_seconds(size, kind) / bound:.2f}" for kind in KINDS)
        print(
            f"| {size.categorical}, {size.continuous} | {size.rows:,} | {size.max_k} | {bound:.1f} s | {shares} |",
            flush=True,
        )


def _seconds(size: SurveyWork, kind: str) -> float:
    data, types = _survey(size, kind)
    start = thread_time()
    cluster_survey(data, types, max_k=size.max_k)
    return thread_time() - start


def _survey(size: SurveyWork, kind: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    random = np.random.default_rng(SEED)
    codes, numbers = _answers(size, kind, random)
    data = {f"{CATEGORICAL} {at}": column.tolist() for at, column in enumerate(codes.T)}
    data |= {f"{CONTINUOUS} {at}": column.tolist() for at, column in enumerate(numbers.T)}
    return data, {name: name.split()[0] for name in data}


def _answers(size: SurveyWork, kind: str, random: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Codes (rows, categorical questions) and numbers (rows, continuous questions)."""
    codes = random.integers(0, LEVELS, (size.rows, size.categorical))
    numbers = random.normal(size=(size.rows, size.continuous))
    row = np.arange(size.rows)[:, None]
    match kind:
        case "clusters":
            of_row = random.integers(0, LEVELS, size.rows)
            centres = random.integers(0, LEVELS, (LEVELS, size.categorical))
            codes = np.where(random.random(codes.shape) < 0.3, codes, centres[of_row])
            numbers += 3 * of_row[:, None]
        case "different":
            codes = random.permuted(np.broadcast_to(row, codes.shape), axis=0)
        case "drifting":
            codes = row * np.arange(1, size.categorical + 1) // max(1, size.rows // LEVELS) % LEVELS
            numbers = (row / size.rows) ** np.linspace(1, 3, size.continuous)
    return codes, numbers


if __name__ == "__main__":
    main()
