"""The static files of the public SIDS data API, with the field names of its real lists."""

import json
from collections.abc import Mapping
from typing import Any

from tests.tools.played_server import Answer, PlayedServer

DATASET = {"datasetName": "Human Development Report", "organization": "UNDP", "releaseYear": 2020.0, "priority": 1.0}


class PlayedSidsApi:
    """Serves `lists` and, as `texts`, the files of `codes`; other addresses are 404. A code in `broken` is 503."""

    def __init__(self, server: PlayedServer, *codes: str) -> None:
        self.server = server
        self.indicators: dict[str, dict[str, Any]] = {code: described(code) for code in codes}
        self.datasets: dict[str, dict[str, Any]] = {"hdr": DATASET}
        self.texts = {code: file_text(code, {"2000": {"FJI": 1}}) for code in codes}
        self.broken: set[str] = set()
        server.respond = self._respond

    @staticmethod
    def path(code: str) -> str:
        return f"/data/indicators/{code.partition('-')[0]}/{code}.json"

    def asked(self, code: str) -> int:
        return self.server.asked[self.path(code)]

    def _respond(self, path: str, _query: Mapping[str, str]) -> Answer:
        lists = {"indicatorMeta.json": self.indicators, "datasetMeta.json": self.datasets}
        files = {f"/data/indicators/{name}": json.dumps(records) for name, records in lists.items()}
        files |= {self.path(code): text for code, text in self.texts.items()}
        if path in {self.path(code) for code in self.broken}:
            return Answer(status=503)
        return Answer(files[path].encode()) if path in files else Answer(b"<html>no</html>", status=404)


def described(code: str) -> dict[str, Any]:
    """A record of indicatorMeta.json."""
    return {
        "indicatorCode": code,
        "indicator": "Unemployment",
        "def": f"What {code} counts.",
        "units": "%",
        "category": "Work",
        "subcategory": "None",
        "dim": f"dimension of {code}",
        "dataset": "hdr",
        "source": "A source",
        "link": "https://example.org",
        "priority": "2.0",
        "note": f"Note on {code}",
        "numYears": 1.0,
        "numCountries": 2.0,
        "yearValueCounts": {"2000": "1"},
    }


def file_text(code: str, years: Mapping[str, Any]) -> str:
    """The file of an indicator."""
    return json.dumps({code: {"data": years, "name": "Unemployment", "dim": "x", "def": "d"}})
