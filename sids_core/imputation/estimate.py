"""How long an imputation is expected to take: the shipped rates, corrected by what runs here have taken.

The correction is a factor for each stage and another for each option within it, both medians of measured over expected
time. A median takes no notice of a run that was disturbed, and a factor that few runs speak for stays near 1.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median

from sids_core.imputation.cost import by_stage
from sids_core.imputation.rates import RATES
from sids_core.timing import Timing, Workload

MOST_RECENT = 300
"""Timings that count: the hardware may have changed since the older ones."""

CAUTION = 1.0
"""A median of n runs counts n / (n + CAUTION)."""

SHORTEST = 1e-5

OPTIONS: Mapping[str, Sequence[str]] = {
    "base imputation": ("interpolator",),
    "cross-fitting": ("model", "scheme", "interval"),
    "intervals": ("model", "interval"),
    "slice": (),
    "report": (),
}
"""The options that a stage's time depends on, those that matter most first."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Factors:
    """Measured over expected times, as logarithms by stage and value of an option; the stage's own stands under ''."""

    logarithms: Mapping[Key, float]

    def of(self, stage: str, work: Workload) -> float:
        """The factor of a stage."""
        keys = [(stage, ""), *_keys(stage, work)]
        return exp(sum(self.logarithms.get(key, 0.0) for key in keys))


def learn(timings: Sequence[Timing]) -> Factors:
    """The factors that runs speak for; all 1 where there is none."""
    recent = timings[-MOST_RECENT:]
    expected = [by_stage(timing, RATES) for timing in recent]
    found: dict[Key, float] = {}
    for stage, options in OPTIONS.items():
        left = [
            (timing, log(max(timing.seconds[stage], SHORTEST) / max(of_run[stage], SHORTEST)))
            for timing, of_run in zip(recent, expected, strict=True)
            if stage in timing.seconds
        ]
        for position in range(len(options) + 1):
            groups: dict[Key, list[float]] = defaultdict(list)
            for timing, ratio in left:
                groups[_key(stage, timing, position)].append(ratio)
            shares = {key: median(ratios) * len(ratios) / (len(ratios) + CAUTION) for key, ratios in groups.items()}
            left = [(timing, ratio - shares[_key(stage, timing, position)]) for timing, ratio in left]
            found |= shares
    return Factors(found)


def seconds(work: Workload, factors: Factors) -> float:
    """Expected seconds."""
    return round(sum(value * factors.of(stage, work) for stage, value in by_stage(work, RATES).items()), 3)


def _key(stage: str, work: Workload, position: int) -> Key:
    return (stage, "") if position == 0 else _keys(stage, work)[position - 1]


def _keys(stage: str, work: Workload) -> list[Key]:
    return [(stage, f"{option} {work.options[option]}") for option in OPTIONS[stage]]
