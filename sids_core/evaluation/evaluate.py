"""How good imputations of an indicator are, by setting: measured on values that are hidden and imputed again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import product
from numbers import Integral
from typing import Any

import numpy as np

from sids_core.errors import RequestError, UnknownValueError
from sids_core.evaluation.baselines import BASELINES
from sids_core.evaluation.evaluation import Evaluation
from sids_core.evaluation.hiding import HIDING, HeldOut, hide
from sids_core.evaluation.scores import ScoredValue, score_result, score_values
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.impute import impute, impute_from_at_most
from sids_core.imputation.result import ImputationResult
from sids_core.panel.panel import Panel

HIDDEN_SHARE = 0.25
"""Share of the SIDS with a value that lose it in a round."""

MOST_ROUNDS = 4
"""Rounds after which every SIDS has lost its value once, if any can."""

NAMED = ("selection", "ensemble", "interval")
"""Options that are in the name of every setting."""


def evaluate(
    panel: Panel,
    indicator: str,
    years: int | Iterable[int],
    *,
    hiding: Iterable[str] = HIDING,
    rounds: int = MOST_ROUNDS,
    seed: int = 0,
    predictors: Sequence[str] = (),
    config: ImputationConfig | None = None,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Evaluation:
    """Hide values of an indicator the way values are really missing, impute them, and compare.

    In each round a quarter of the SIDS with a value lose it, and more, in one of these ways; in all rounds together no
    country loses the same year's value twice in the same way:

    - `all years`: the indicator, in every year.
    - `one year`: the indicator, in the tested year only.
    - `gap`: everything that a SIDS lacks which misses the indicator in the year, but has it in another.
    - `never`: everything that a SIDS lacks which never reported the indicator, and near-duplicates of it.
    - `mixed`: one or the other, as often as they really are.

    Every setting, and the interpolation of the country's own series, the SIDS' median and the mean of all countries,
    are compared on the same hidden values. Equal arguments give equal results.

    An indicator and year with the defaults are up to 20 imputations: 12 s on two shared cores with the real data (223
    countries, 3,488 indicators), 7 s with the demo data; each further setting costs the same again. The values of the
    panel are copied for a round.

    Args:
        panel: the data.
        indicator: code of the indicator.
        years: the year, or several.
        hiding: the ways to hide values; those that the data does not allow are left out, and named with the reason.
        rounds: rounds by way and year, 1 to 4.
        seed: seed of the draw of what is hidden.
        predictors: codes of the indicators to predict from, with `selection="MANUAL"`.
        config: the configuration that the settings vary; by default `ImputationConfig()`, with all candidates as
            predictors where they are fewer than it selects.
        n_jobs: number of threads; by default one per core.
        progress: called with the imputations done since the last call, and their total.
        **options: fields of `ImputationConfig`: a value, or a list of values. Every combination of the lists is a
            setting.

    Returns:
        Error, coverage and width by way of hiding and setting.

    Raises:
        UnknownValueError: a year, the indicator, a predictor, a way of hiding or an option's value is unknown.
        RequestError: no value of the indicator can be hidden and imputed; the message says why for each way and year.
        TypeError: an option is not a field of `ImputationConfig`.

    >>> from sids_core.panel.demo import demo_panel
    >>> found = evaluate(
    ...     demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", 2001, hiding=["never"], rounds=1, n_estimators=20,
    ...     interval=["quantile", "bootstrap"],
    ... )
    >>> found.to_frame()[["hiding", "method", "values"]]
      hiding                           method  values
    0  never                 AFS etr quantile      11
    1  never                AFS etr bootstrap      11
    2  never  interpolation of the own series      11
    3  never                      SIDS median      11
    4  never                             mean      11
    """
    settings = _settings(config or ImputationConfig(), options)
    ways, tested = _check(panel, indicator, years, hiding, rounds, seed)
    for code in predictors:
        panel.indicator(code, "predictors")
    panel = replace(panel, values=np.asarray(panel.values))
    asked = config is not None or "n_predictors" in options
    imputed = partial(impute if asked else impute_from_at_most, predictors=predictors, n_jobs=n_jobs)
    steps = _Steps(progress, len(ways) * len(tested) * rounds * len(settings))
    scored: dict[tuple[str, str], list[ScoredValue]] = {}
    left_out: dict[tuple[str, int], str] = {}
    for number, (way, year) in enumerate(product(ways, tested), start=1):
        reason = ""
        try:
            count = _hidden_at_once(panel, indicator, year, settings.values())
            for hidden in _rounds(panel, indicator, year, way, count, rounds, seed):
                try:
                    by_method = _score(hidden, settings, imputed, steps)
                except RequestError as error:  # what is left cannot be imputed: no method gets these values
                    reason = str(error)
                    continue
                for method, values in by_method.items():
                    scored.setdefault((way, method), []).extend(values)
        except RequestError as error:
            reason = str(error)
        if not any(value.year == year for value in scored.get((way, next(iter(settings))), ())):
            left_out[way, year] = reason
        steps.reach(number * rounds * len(settings))
    if not scored:
        reasons = "; ".join(dict.fromkeys(left_out.values()))
        raise RequestError(f"{indicator!r} cannot be evaluated: {reasons}", kind="cannot_evaluate")
    return Evaluation(
        indicator, tuple(tested), settings, {key: tuple(values) for key, values in scored.items()}, left_out
    )


class _Steps:
    """Counts imputations and reports progress.

    Args:
        progress: called with the imputations done since the last call, and their total; None tells nobody.
        total: the total.
    """

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self.done = 0
        self._progress = progress
        self._total = total

    def reach(self, done: int) -> None:
        """Report progress: `done` imputations are done or skipped."""
        if self._progress is not None and done > self.done:
            self._progress(done - self.done, self._total)
        self.done = max(done, self.done)


def _hidden_at_once(panel: Panel, indicator: str, year: int, settings: Iterable[ImputationConfig]) -> int:
    """Number of SIDS that lose their value in a round, since the others must be enough to learn from.

    Raises:
        RequestError: none can lose it.
    """
    slice_ = panel.values[panel.year_index(year), :, panel.indicator_index[indicator]]
    observed, known = (int(np.isfinite(values).sum()) for values in (slice_, slice_[panel.is_sids]))
    countries = len(panel.countries)
    needed = max(config.target_sample_size(countries, regional=panel.is_regional) for config in settings)
    if observed <= needed:
        raise RequestError(
            f"{observed} of {countries} countries have {indicator!r} in {year}; to hide a value, "
            f"{needed + 1} are needed",
            kind="too_few_rows",
        )
    return max(1, min(round(known * HIDDEN_SHARE), observed - needed))


def _rounds(panel: Panel, indicator: str, year: int, way: str, count: int, rounds: int, seed: int) -> Iterator[HeldOut]:
    """The data without some values, each of them hidden once.

    Raises:
        RequestError: none can be hidden in this way.
    """
    random = np.random.default_rng([seed, HIDING.index(way), year])
    spent: set[str] = set()
    for _ in range(rounds):
        try:
            hidden = hide(panel, indicator, year, way, count, random, spent)
        except RequestError:
            if not spent:
                raise
            return
        spent.update(hidden.truth)
        yield hidden


def _score(
    hidden: HeldOut,
    settings: Mapping[str, ImputationConfig],
    imputed: Callable[..., ImputationResult],
    steps: _Steps,
) -> dict[str, list[ScoredValue]]:
    """By setting and baseline, the hidden values with what it imputes."""
    scored = {}
    for name, config in settings.items():
        scored[name] = score_result(hidden, imputed(hidden.panel, hidden.target, hidden.year, config=config))
        steps.reach(steps.done + 1)
    for name, baseline in BASELINES.items():
        values = baseline(hidden.panel, hidden.target, hidden.year, list(hidden.truth))
        scored[name] = score_values(hidden, values)
    return scored


def _settings(config: ImputationConfig, options: Mapping[str, Any]) -> dict[str, ImputationConfig]:
    """Name → configuration, for every combination of the options' values."""
    names = {field.name for field in fields(ImputationConfig)}
    if unknown := sorted(set(options) - names):
        raise TypeError(f"evaluate() got an unexpected keyword argument {unknown[0]!r}")
    varied = {name: list(value) if isinstance(value, list | tuple) else [value] for name, value in options.items()}
    if empty := [name for name, values in varied.items() if not values]:
        raise RequestError(f"{empty[0]} is an empty list of values", kind="missing", parameter=empty[0])
    in_name = [name for name, values in varied.items() if name not in NAMED and len(values) > 1]
    settings = {}
    for values in product(*varied.values()):
        each = replace(config, **dict(zip(varied, values, strict=True)))
        label = [str(getattr(each, name)) for name in NAMED] + [f"{name}={getattr(each, name)}" for name in in_name]
        settings[" ".join(label)] = each
    return settings


def _check(
    panel: Panel, indicator: str, years: int | Iterable[int], hiding: Iterable[str], rounds: int, seed: int
) -> tuple[list[str], list[int]]:
    """The ways of hiding and the years, each once."""
    panel.indicator(indicator, "indicator")
    tested: list[int] = [years] if isinstance(years, int | np.integer) else list(dict.fromkeys(years))
    for year in tested:
        panel.year_index(year, "years")
    ways = list(dict.fromkeys([hiding] if isinstance(hiding, str) else hiding))
    if unknown := [way for way in ways if way not in HIDING]:
        raise UnknownValueError("hiding", unknown[0], HIDING)
    for name, given in (("years", tested), ("hiding", ways)):
        if not given:
            raise RequestError(f"{name} is empty", kind="missing", parameter=name)
    if not isinstance(rounds, Integral) or not 1 <= rounds <= MOST_ROUNDS:
        raise RequestError(
            f"rounds {rounds!r} is not a whole number, 1 to {MOST_ROUNDS}", kind="out_of_range", parameter="rounds"
        )
    if not isinstance(seed, Integral) or seed < 0:
        raise RequestError(f"seed {seed!r} is not a whole number, at least 0", kind="out_of_range", parameter="seed")
    return ways, tested
