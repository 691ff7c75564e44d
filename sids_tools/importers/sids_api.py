"""Imports the static files of the public SIDS data API.

Values are in `data/indicators/<dataset>/<code>.json`, where the dataset is the code's prefix before the first hyphen,
as `{code: {"data": {year: {ISO3: value}}}}`. The two lists, `indicatorMeta.json` and `datasetMeta.json`, are searched
in data/indicators, data and the root; each is a mapping from code to record, or a list of records.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sids_core.errors import DataUnavailableError
from sids_core.file_names import relative_path
from sids_core.panel.write import CSV_ENDINGS, check_target
from sids_tools.importers.errors import FetchError, RefusedError
from sids_tools.importers.gathering import gather
from sids_tools.importers.json_client import JsonClient
from sids_tools.importers.json_text import all_items, parse_json
from sids_tools.importers.observations import Collector, IndicatorValues, is_number
from sids_tools.importers.parts import Parts
from sids_tools.importers.records import DATASET_FIELDS, INDICATOR_FIELDS, is_empty, read_records
from sids_tools.importers.summary import ImportSummary, write_import

FOLDERS = ("data/indicators/", "data/", "")
COUNTRY = re.compile(r"[A-Z]{3}")
YEAR = re.compile(r"[0-9]{4}")


class Site(Protocol):
    """Source of the static files."""

    def get(self, path: str) -> Any:
        """A file's parsed JSON.

        Raises:
            RefusedError: it does not exist.
            FetchError: it cannot be read.
        """


class FolderSite:
    """A copy of the files, such as a clone of their repository."""

    def __init__(self, folder: Path) -> None:
        """Raises DataUnavailableError if the folder does not exist."""
        if not folder.is_dir():
            raise DataUnavailableError(f"{folder} is not a folder")
        self._folder = folder

    def get(self, path: str) -> Any:
        """A file's parsed JSON."""
        try:
            return parse_json((self._folder / path).read_bytes())
        except FileNotFoundError as error:
            raise RefusedError(f"{path}: {error.strerror}") from error
        except OSError as error:
            raise FetchError(f"{path}: {error.strerror}") from error
        except ValueError as error:
            raise FetchError(f"{path}: not JSON ({error})") from error


class HttpSite:
    """The files on a web server."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def get(self, path: str) -> Any:
        """A file's parsed JSON."""
        return self._client.get(quote(path))


def import_sids_api(site: Site, parts: Parts, folder: Path, progress: Callable[[int, int], None]) -> ImportSummary:
    """Fetch every indicator of indicatorMeta.json and write the tables.

    `progress` is called with (indicators done since the last call, total indicators).

    Raises:
        FetchError: one of the two lists cannot be fetched, or is neither a mapping nor a list; nothing is written.
        DatasetError: no observation arrived, or the folder holds tables in another format.
    """
    check_target(folder, CSV_ENDINGS)
    indicators = read_records(_list(site, "indicatorMeta.json"), "indicatorMeta.json", INDICATOR_FIELDS)
    datasets = read_records(_list(site, "datasetMeta.json"), "datasetMeta.json", DATASET_FIELDS)
    codes = tuple(sorted(indicators))
    gathered = gather(codes, lambda code: fetch_values(site, code), parts, lambda done: progress(done, len(codes)))
    described = {
        code: {**row, "Dataset": _prefix(code) if is_empty(row["Dataset"]) else row["Dataset"]}
        for code, row in indicators.items()
    }
    return write_import(gathered, parts, described, tuple(datasets[code] for code in sorted(datasets)), folder)


def fetch_values(site: Site, code: str) -> IndicatorValues:
    """An indicator's values, without keys that are not a year (`recentValue`) or ISO 3166-1 alpha-3 code.

    Raises:
        RefusedError: the file does not exist.
        FetchError: the file is malformed.
    """
    path = f"data/indicators/{relative_path(_prefix(code), f'{code}.json')}"
    answer = site.get(path)
    collector = Collector()
    try:
        years = [(year, values) for year, values in all_items(answer[code]["data"]) if YEAR.fullmatch(year)]
        for year, values in years:
            for country, value in all_items(values):
                if COUNTRY.fullmatch(country) and is_number(value):
                    collector.add(country, year, value)
    except (KeyError, TypeError, AttributeError) as error:
        raise FetchError(f'{path}: not of the form {{"{code}": {{"data": {{year: {{ISO3: value}}}}}}}}') from error
    return collector.values()


def _prefix(code: str) -> str:
    return code.partition("-")[0]


def _list(site: Site, name: str) -> Any:
    faults = []
    for folder in FOLDERS:
        try:
            return site.get(folder + name)
        except RefusedError as error:
            faults.append(str(error))
    raise FetchError(f"{name} is in none of {', '.join(folder or 'the root' for folder in FOLDERS)}: {faults[0]}")
