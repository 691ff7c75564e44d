"""Writes the dashboard's files: new years are merged into a file, and what is in it stays."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic_core import from_json, to_json

from sids_service.batch.output import Output
from sids_service.batch.plan import BatchItem
from sids_service.batch.records import KeptResult, Quality, Records
from sids_service.dashboard import static_name
from sids_service.errors import ConfigurationError

THREADS = 8
"""Files read and written concurrently; requests to Blob storage mostly wait."""


def publish(
    results: Mapping[BatchItem, str], records: Records, output: Output, folder: str
) -> dict[BatchItem, Quality]:
    """Merge results into `<folder>/<prefix of the code>/<indicator>.json`, keyed by year.

    Args:
        results: item → its record's file.
        records: reads them.
        output: the files' place.
        folder: their folder there.

    Returns:
        The quality of each item.

    Raises:
        ConfigurationError: an existing file or a record is damaged; the file is left as it is.
    """
    indicators: dict[str, list[str]] = defaultdict(list)
    for item, record in results.items():
        indicators[item.target].append(record)

    def write(target: str) -> dict[BatchItem, Quality]:
        read = [records.result(record) for record in indicators[target]]
        name = f"{folder}/{static_name(target)}"
        output.write(name, to_json(_merged(_existing(output, name), read)))
        return {each.item: each.quality for each in read}

    with ThreadPoolExecutor(THREADS) as pool:
        return {item: quality for written in pool.map(write, indicators) for item, quality in written.items()}


def _existing(output: Output, name: str) -> dict[str, dict[str, Any]]:
    content = output.read(name)
    if content is None:
        return {}
    try:
        return {key: dict(years) for key, years in from_json(content).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{name} in --out is damaged, and its years would be lost: remove it, then continue with --resume"
        ) from error


def _merged(existing: dict[str, dict[str, Any]], results: Iterable[KeptResult]) -> dict[str, dict[str, Any]]:
    """Both by year, ascending."""
    for result in results:
        for key, years in result.indicator_json.items():
            existing.setdefault(key, {}).update(years)
    return {key: {year: years[year] for year in sorted(years)} for key, years in existing.items()}
