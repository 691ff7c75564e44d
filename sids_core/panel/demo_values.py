"""The values of the demo data: latent country factors, observed through skewed scales, with gaps.

A factor model (Bartholomew, Knott and Moustaki, Latent Variable Models and Factor Analysis, 2011): every country has a
few latent traits that persist from year to year; every indicator is a mixture of them plus persistent noise of its own.
Values are missing at random given the country and the indicator, more often for SIDS.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.demo_catalogue import AMOUNT, COUNT, INDEX, SAMPLE_PREDICTOR, SAMPLE_TARGET, SHARE, DemoIndicator
from sids_core.panel.panel import SIDS

Values = NDArray[np.float64]

FACTORS = ("income", "size", "climate", "governance", "human", "openness")
SIZE, CLIMATE, GOVERNANCE = 1, 2, 3
# Distance of the mean of the SIDS from the others', in standard deviations: small, exposed and open.
SIDS_SHIFT = (-0.1, -1.4, 1.1, -0.1, 0.0, 0.6)
FACTOR_PERSISTENCE, NOISE_PERSISTENCE = 0.98, 0.95
NOISE = 0.35


@dataclass(frozen=True, slots=True)
class Coverage:
    """A pattern of data collection.

    Attributes:
        weight: share of the indicators collected like this.
        absent: share of the countries without any value; for SIDS higher by `sids_absent`.
        gaps: share of single missing years in an existing series.
        first: the offset of the first year with a value lies in 0..first.
        every: years between two observations.
        sids_only: whether other countries are left out.
    """

    weight: float
    absent: float
    sids_absent: float
    gaps: float
    first: int = 0
    every: int = 1
    sids_only: bool = False


CORE = Coverage(0.66, absent=0.05, sids_absent=0.22, gaps=0.03)
COVERAGES = (
    CORE,
    Coverage(0.10, absent=0.30, sids_absent=0.35, gaps=0.10, first=6),
    Coverage(0.10, absent=0.45, sids_absent=0.30, gaps=0.15, first=10),
    Coverage(0.08, absent=0.20, sids_absent=0.30, gaps=0.10, every=5),
    Coverage(0.06, absent=1.00, sids_absent=0.35, gaps=0.10, first=8, sids_only=True),
)


def demo_values(seed: int, years: int, countries: tuple[str, ...], indicators: tuple[DemoIndicator, ...]) -> Values:
    """float64 (years, countries, indicators), NaN where the demo data has no observation."""
    random = np.random.default_rng(seed)
    is_sids = np.isin(np.array(countries), np.array(SIDS))
    traits = _traits(random, years, is_sids)
    complete = _on_scales(random, _mixtures(random, traits, indicators), indicators)
    return np.where(_observed(random, years, is_sids, indicators), complete, np.nan)


def _autoregressive(random: np.random.Generator, shape: tuple[int, ...], persistence: float) -> Values:
    """Stationary first-order autoregression of unit variance along the first axis."""
    series = random.standard_normal(shape)
    for year in range(1, shape[0]):
        series[year] = persistence * series[year - 1] + np.sqrt(1 - persistence**2) * series[year]
    return series


def _traits(random: np.random.Generator, years: int, is_sids: NDArray[np.bool_]) -> Values:
    traits = _autoregressive(random, (years, len(is_sids), len(FACTORS)), FACTOR_PERSISTENCE)
    # Richer countries are better governed, healthier and better schooled.
    traits[..., GOVERNANCE:] = 0.75 * traits[..., :1] + np.sqrt(1 - 0.75**2) * traits[..., GOVERNANCE:]
    traits += np.where(is_sids[:, None], np.array(SIDS_SHIFT), 0.0)
    return traits


def _mixtures(random: np.random.Generator, traits: Values, indicators: tuple[DemoIndicator, ...]) -> Values:
    """Roughly standard scores (years, countries, indicators); dimensions of one name have nearly equal loadings."""
    names = sorted({entry.indicator.name for entry in indicators})
    of_name = np.array([names.index(entry.indicator.name) for entry in indicators])
    loadings = random.standard_normal((len(names), len(FACTORS))) * random.choice(
        [0.2, 1.0], (len(names), len(FACTORS))
    )
    loadings = loadings[of_name] + 0.25 * random.standard_normal((len(indicators), len(FACTORS)))
    counted = np.array([entry.scale == COUNT or entry is SAMPLE_PREDICTOR for entry in indicators])
    loadings[counted, SIZE] = 2.0
    loadings /= np.sqrt(np.sum(loadings**2, axis=1, keepdims=True))
    years, countries, _ = traits.shape
    noise = _autoregressive(random, (years, countries, len(indicators)), NOISE_PERSISTENCE)
    # Summed factor by factor: a matrix product's last digits would depend on the machine.
    mixed = NOISE * noise
    for factor in range(len(FACTORS)):
        mixed += traits[..., factor, None] * loadings[:, factor]
    return mixed


def _on_scales(random: np.random.Generator, scores: Values, indicators: tuple[DemoIndicator, ...]) -> Values:
    scales = np.array([entry.scale for entry in indicators])
    location = random.uniform(-1.0, 1.0, len(indicators))
    spread = random.uniform(0.8, 1.6, len(indicators))
    moved = location + spread * scores
    values = np.empty_like(scores)
    for scale, columns in ((name, scales == name) for name in (SHARE, AMOUNT, COUNT, INDEX)):
        if scale == SHARE:
            values[..., columns] = 100 / (1 + np.exp(-1.3 * moved[..., columns]))
        elif scale == INDEX:
            values[..., columns] = 50 + 12 * moved[..., columns]
        else:
            values[..., columns] = np.exp(6 + 0.8 * moved[..., columns])
    values[..., scales == COUNT] = np.rint(values[..., scales == COUNT])
    return values


def _observed(
    random: np.random.Generator, years: int, is_sids: NDArray[np.bool_], indicators: tuple[DemoIndicator, ...]
) -> NDArray[np.bool_]:
    """Bool (years, countries, indicators): where a value exists."""
    weights = np.array([coverage.weight for coverage in COVERAGES])
    chosen = random.choice(len(COVERAGES), len(indicators), p=weights / weights.sum())
    # Some statistical offices publish nearly everything, some nearly nothing: 0.4 to 1.6, 1 on average.
    reticence = random.uniform(0.4, 1.6, len(is_sids))
    observed = np.empty((years, len(is_sids), len(indicators)), dtype=np.bool_)
    for column, entry in enumerate(indicators):
        coverage = COVERAGES[chosen[column]]
        if entry in (SAMPLE_TARGET, SAMPLE_PREDICTOR):
            coverage = CORE
        elif entry.indicator.dataset == "svy":
            coverage = COVERAGES[-1]
        observed[..., column] = _observed_series(random, years, is_sids, reticence, coverage)
    return observed


def _observed_series(
    random: np.random.Generator,
    years: int,
    is_sids: NDArray[np.bool_],
    reticence: Values,
    coverage: Coverage,
) -> NDArray[np.bool_]:
    absent = np.where(is_sids, coverage.sids_absent, coverage.absent) * reticence
    if coverage.sids_only:
        absent = np.where(is_sids, absent, 1.0)
    present = random.random(len(is_sids)) >= absent
    first = random.integers(0, coverage.first + 1, len(is_sids))
    year = np.arange(years)[:, None]
    collected = (year >= first) & (year % coverage.every == 0)
    observed: NDArray[np.bool_] = present & collected & (random.random((years, len(is_sids))) >= coverage.gaps)
    return observed
