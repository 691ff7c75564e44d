"""Imports the World Development Indicators."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sids_core.errors import UnknownValueError
from sids_core.panel.write import CSV_ENDINGS, check_target
from sids_tools.importers.gathering import gather
from sids_tools.importers.json_client import JsonClient
from sids_tools.importers.parts import Parts
from sids_tools.importers.summary import ImportSummary, write_import
from sids_tools.importers.world_bank_api import Listed, WorldBankApi

PREFIX = "wdi-"
DATASET: Mapping[str, str] = MappingProxyType(
    {
        "Dataset Code": "wdi",
        "Dataset Name": "World Development Indicators",
        "Organization": "World Bank",
        "License": "CC BY 4.0, unless an indicator's source says otherwise",
        "Link": "https://datatopics.worldbank.org/world-development-indicators/",
    }
)
# Names end in their units, some followed by the estimating body.
BRACKETS = re.compile(r"\(([^()]+)\)")
ESTIMATE = re.compile(r"estimates?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selection:
    """The indicators to import: these codes, else those of this topic (number or name), else all."""

    indicators: Sequence[str] = ()
    topic: str | None = None


def import_world_bank(
    client: JsonClient,
    selection: Selection,
    years: tuple[int, int],
    folder: Path,
    progress: Callable[[int, int], None],
) -> ImportSummary:
    """Fetch the selected indicators and write the tables.

    `progress` is called with (indicators done since the last call, total indicators).

    Raises:
        UnknownValueError: an indicator or the topic is unknown to the World Bank.
        FetchError: the lists of indicators or countries cannot be fetched; nothing is written.
        DatasetError: no observation arrived, or the folder holds tables in another format.
    """
    check_target(folder, CSV_ENDINGS)
    api = WorldBankApi(client)
    catalogue = api.catalogue()
    records = _selected(api, catalogue, selection)
    countries = api.countries()
    parts = Parts(folder, f"world-bank {client.base_url} {years} {catalogue.lastupdated}")
    codes = {PREFIX + code: code for code in sorted(records)}
    gathered = gather(
        tuple(codes),
        lambda code: api.values(codes[code], years, countries),
        parts,
        lambda done: progress(done, len(codes)),
    )
    described = {code: describe(code, records[wdi]) for code, wdi in codes.items()}
    return write_import(gathered, parts, described, (DATASET,), folder)


def describe(code: str, record: Mapping[str, Any]) -> dict[str, str]:
    """An indicator's row of indicatorMeta, from the API's record.

    The category is the first topic; units are those of the record, else the name's text in brackets.
    """
    topics = [str(topic.get("value") or "").strip() for topic in record.get("topics") or []]
    topics = [topic for topic in topics if topic]
    name = str(record.get("name") or "").strip()
    return {
        "Indicator Code": code,
        "Indicator": name,
        "Definition": _line(record.get("sourceNote")),
        "Units": str(record.get("unit") or "").strip() or _units(name),
        "Category": topics[0] if topics else "",
        "Topics": "; ".join(topics),
        "Dimension": "",
        "Dataset": DATASET["Dataset Code"],
        "Source": _line(record.get("sourceOrganization")),
        "Link": f"https://data.worldbank.org/indicator/{record['id']}",
    }


def _selected(api: WorldBankApi, catalogue: Listed, selection: Selection) -> dict[str, Mapping[str, Any]]:
    """WDI code → the API's record of the indicator."""
    known = {str(record.get("id") or "").strip(): record for record in catalogue.records}
    if selection.indicators:
        wanted = [code.removeprefix(PREFIX) for code in selection.indicators]
        for code in wanted:
            if code not in known:
                raise UnknownValueError("indicator", code, known)
        return {code: known[code] for code in wanted}
    if selection.topic is None:
        return known
    topic = _topic(api, selection.topic)
    return {
        code: record
        for code, record in known.items()
        if topic in {str(listed.get("id")) for listed in record.get("topics") or []}
    }


def _topic(api: WorldBankApi, wanted: str) -> str:
    topics = api.topics()
    for number, name in topics.items():
        if wanted.strip().casefold() in {number, name.casefold()}:
            return number
    raise UnknownValueError("topic", wanted, [f"{number} ({name})" for number, name in topics.items()])


def _units(name: str) -> str:
    units = [text.strip() for text in BRACKETS.findall(name) if not ESTIMATE.search(text.strip())]
    return units[-1] if units and name.rstrip().endswith(")") else ""


def _line(text: object) -> str:
    return " ".join(str(text or "").split())
