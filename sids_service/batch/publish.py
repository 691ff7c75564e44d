"""Writes the dashboard's files: new years are merged into a file, and what is in it stays."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from pydantic_core import from_json, to_json

from sids_service.batch.output import Output
from sids_service.batch.plan import BatchItem
from sids_service.batch.records import KeptResult, Quality, Records
from sids_service.dashboard import static_name
from sids_service.errors import ConfigurationError
from sids_service.storage.seal import DamagedError

THREADS = 8
"""Files read and written concurrently; requests to Blob storage mostly wait."""


def publish(
    results: Mapping[BatchItem, str], records: Records, output: Output, folder: str, digests: Mapping[str, str]
) -> tuple[dict[BatchItem, Quality], dict[str, str]]:
    """Merge results into `<folder>/<prefix of the code>/<indicator>.json`, keyed by year.

    Args:
        results: item → its record's file.
        records: reads them.
        output: the files' place.
        folder: their folder there.
        digests: file in the folder → SHA-256 that the manifest has of it.

    Returns:
        The quality of each item, and file in the folder → SHA-256 of those written.

    Raises:
        ConfigurationError: an existing file or a record is damaged; the file is left as it is.
    """
    indicators: dict[str, list[str]] = defaultdict(list)
    for item, record in results.items():
        indicators[item.target].append(record)

    def write(target: str) -> tuple[str, str, dict[BatchItem, Quality]]:
        read = [records.result(record) for record in indicators[target]]
        file = static_name(target)
        name = f"{folder}/{file}"
        known = {digests.get(file), records.written_digest(name)} - {None}
        content = to_json(_merged(_existing(output, name, known), read))
        records.writing(name, content)
        output.write(name, content)
        return file, sha256(content).hexdigest(), {each.item: each.quality for each in read}

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(write, indicators))
    qualities = {item: quality for _, _, written in done for item, quality in written.items()}
    return qualities, {file: digest for file, digest, _ in done}


def count_countries(output: Output, folder: str, digests: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Country → number of its values in the files, and of those that should not be used without care.

    Args:
        output: the files' place.
        folder: their folder there.
        digests: file in the folder → its SHA-256.

    Raises:
        ConfigurationError: a file is damaged.
    """

    def count(file: str) -> Counter[tuple[str, bool]]:
        content = _existing(output, f"{folder}/{file}", {digests[file]})
        unreliable = {year: set(codes) for year, codes in content.get("unreliable", {}).items()}
        values = content.get("lowerIntervals", {}).items()
        return Counter((code, code in unreliable.get(year, ())) for year, codes in values for code in codes)

    with ThreadPoolExecutor(THREADS) as pool:
        total = sum(pool.map(count, sorted(digests)), start=Counter[tuple[str, bool]]())
    codes = sorted({code for code, _ in total})
    return {code: (total[code, False] + total[code, True], total[code, True]) for code in codes}


def _existing(output: Output, name: str, known: Collection[str | None]) -> dict[str, dict[str, Any]]:
    content = output.read(name)
    if content is None:
        return {}
    try:
        _check_digest(content, known)
        return {key: dict(years) for key, years in from_json(content).items()}
    except (ValueError, TypeError, AttributeError, DamagedError) as error:
        raise ConfigurationError(
            f"{name} in --out is damaged, and its years would be lost: remove it, then continue with --resume"
        ) from error


def _check_digest(content: bytes, known: Collection[str | None]) -> None:
    if sha256(content).hexdigest() not in known:
        raise DamagedError("not as it was written")


def _merged(existing: dict[str, dict[str, Any]], results: Iterable[KeptResult]) -> dict[str, dict[str, Any]]:
    """Both by year, ascending."""
    for result in results:
        for key, years in result.indicator_json.items():
            existing.setdefault(key, {}).update(years)
    return {key: {year: years[year] for year in sorted(years)} for key, years in existing.items()}
