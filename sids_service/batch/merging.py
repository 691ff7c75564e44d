"""From the answers for single years to the files that the dashboard reads: one for each indicator, keyed by year."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from pydantic_core import from_json, to_json

from sids_service.batch.output import Output
from sids_service.batch.quality import Quality
from sids_service.batch.records import Planned, Records

KEYS = (
    "data",
    "upperIntervals",
    "lowerIntervals",
    "featureImportances",
    "categoryImportances",
    "rmse",
    "rmse_deviation",
    "correlation",
)
THREADS = 8


def merge(planned: Sequence[Planned], records: Records, output: Output, folder: str) -> list[Quality]:
    """Write `<folder>/<dataset>/<indicator>.json` for everything that has a result, and say how good it is."""

    def write(years: Sequence[Planned]) -> list[Quality]:
        answers = {each: from_json(content) for each in years if (content := records.result(each)) is not None}
        if answers:
            item = years[0].item
            output.write(f"{folder}/{item.dataset}/{item.target}.json", to_json(_merged(answers.values())))
        return [Quality.of(each.item, answer) for each, answer in answers.items()]

    with ThreadPoolExecutor(THREADS) as pool:
        return [quality for found in pool.map(write, _by_target(planned)) for quality in found]


def _by_target(planned: Sequence[Planned]) -> Iterator[list[Planned]]:
    def key(each: Planned) -> tuple[str, str]:
        return each.item.dataset, each.item.target

    for _, years in groupby(sorted(planned, key=lambda each: (*key(each), each.item.year)), key):
        yield list(years)


def _merged(answers: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {key: {} for key in KEYS}
    for answer in answers:
        for key in KEYS:
            merged[key] |= answer["indicatorJson"][key]
    return merged
