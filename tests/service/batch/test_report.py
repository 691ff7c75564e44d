"""The report of a batch in its forms: the numbers of the manifest and the files, under the names of the data."""

import csv
import io
import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from sids_core import open_panel
from sids_core.imputation.config import ImputationConfig
from sids_service.batch.plan import BatchItem, BatchPlan, Selection
from sids_service.batch.records import Quality
from sids_service.batch.report import Names, make_report
from sids_service.batch.report_page import page
from sids_service.batch.report_text import imputations
from tests.service.batch.conftest import TARGETS

HOSTILE = '<script>alert(\'&"\')</script>\n=1+1, "é"'
PLAN = BatchPlan("v1", ImputationConfig(), Selection((2000, 2001)), 1, ())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def manifest(plain: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((plain / "manifest.json").read_bytes())
    return read


@pytest.fixture(scope="module")
def report(plain: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((plain / "report.json").read_bytes())
    return read


def test_the_numbers_are_those_of_the_manifest(report: dict[str, Any], manifest: dict[str, Any]) -> None:
    quality = [dict(zip(manifest["quality"]["columns"], row, strict=True)) for row in manifest["quality"]["data"]]
    assert report["dataset_version"] == manifest["dataset_version"]
    assert report["total"]["imputations"] == sum(year["imputations"] for year in report["by_year"]) == len(quality)
    assert report["total"]["values"] == manifest["counts"]["figures"]
    assert report["total"]["error_median"] == median(each["rmse_deviation"] for each in quality)
    assert sorted(target["code"] for target in report["targets"]) == sorted(TARGETS)
    errors = [target["error_median"] for target in report["targets"]]
    assert errors == sorted(errors, reverse=True)


def test_indicators_datasets_and_countries_have_their_names(report: dict[str, Any], demo_data: Path) -> None:
    panel = open_panel(demo_data)
    for target in report["targets"]:
        assert target["name"] == panel.indicator(target["code"]).label != target["code"]
        assert target["dataset_name"] == panel.datasets[target["dataset"]]
    names = {country["code"]: country["name"] for country in report["by_country"]}
    assert names["FJI"] == "Fiji"
    assert all(name != code for code, name in names.items())


def test_countries_are_counted_over_all_files(plain: Path, report: dict[str, Any], manifest: dict[str, Any]) -> None:
    contents = [json.loads((plain / file).read_bytes()) for file in manifest["files"]]
    fiji = sum("FJI" in codes for content in contents for codes in content["lowerIntervals"].values())
    unreliable = sum("FJI" in codes for content in contents for codes in content["unreliable"].values())
    (found,) = [country for country in report["by_country"] if country["code"] == "FJI"]
    assert (found["values"], found["unreliable"]) == (fiji, unreliable)
    assert sum(country["values"] for country in report["by_country"]) == manifest["counts"]["figures"]
    assert sum(country["unreliable"] for country in report["by_country"]) == manifest["counts"]["unreliable"]
    text = (plain / "report-countries.csv").read_bytes().decode()
    assert [(row["code"], int(row["values"])) for row in rows(text)] == [
        (country["code"], country["values"]) for country in report["by_country"]
    ]


def test_the_table_has_a_row_for_each_imputation(plain: Path, manifest: dict[str, Any]) -> None:
    found = rows((plain / "report.csv").read_bytes().decode())
    assert len(found) == manifest["counts"]["planned"]
    quality = manifest["quality"]
    first = dict(zip(quality["columns"], quality["data"][0], strict=True))
    (row,) = [row for row in found if (row["target"], row["year"]) == (first["target"], str(first["year"]))]
    assert (float(row["rmse_deviation"]), row["reason"]) == (first["rmse_deviation"], "")
    assert row["target_name"]


class Page(HTMLParser):
    """The texts, tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_loads_nothing_and_runs_nothing(plain: Path) -> None:
    text = (plain / "report.html").read_text()
    read = Page(text)
    tags = {tag for tag, _ in read.tags}
    assert {"table", "svg", "polyline", "rect"} <= tags
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "use", "image"}
    attributes = {name for _, attributes in read.tags for name in attributes}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"style", "src", "href"}
    assert "http" not in text.replace("http-equiv", "")
    (policy,) = [each["content"] for tag, each in read.tags if tag == "meta" and "http-equiv" in each]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"


def test_names_are_text_whatever_they_contain() -> None:
    item = BatchItem(HOSTILE, "wdi-A", 2000, 2000)
    failed = BatchItem(HOSTILE, "wdi-B", 2001, 2001)
    quality = Quality(
        rmse_deviation=0.1, coverage=0.9, coverage_sids=None, nominal_coverage=0.9, imputed=2, unreliable=1
    )
    names = Names({HOSTILE: HOSTILE}, {"wdi-A": HOSTILE})
    found = make_report(PLAN, {item: quality}, {failed: HOSTILE}, names, {HOSTILE: (2, 1)})
    read = Page(page(found, {item: quality}))
    assert "script" not in {tag for tag, _ in read.tags}
    assert read.texts.count(HOSTILE) > 5
    first, second = rows(imputations({item: quality}, {failed: HOSTILE}, names))
    assert (first["dataset"], first["target_name"], first["reason"]) == (HOSTILE, HOSTILE, "")
    assert (second["target_name"], second["imputed"], second["reason"]) == ("wdi-B", "", HOSTILE)


@pytest.mark.parametrize("error", [0.0, 1e-9, 0.25, 1e12])
def test_plots_of_extreme_errors_stay_within_their_frame(error: float) -> None:
    quality = Quality(rmse_deviation=error, coverage=1, coverage_sids=1, nominal_coverage=0.9, imputed=0, unreliable=0)
    qualities = {BatchItem("wdi", "wdi-A", year, year): quality for year in range(1960, 2024)}
    drawn = page(make_report(PLAN, qualities, {}, Names(), {}), qualities)
    assert not re.search(r"\b(nan|inf)\b", drawn)
    for x, y in re.findall(r'cx="([^"]+)" cy="([^"]+)"', drawn):
        assert 0 <= float(x) <= 720
        assert 0 <= float(y) <= 220


def test_a_batch_without_a_result_has_a_report() -> None:
    failed = BatchItem("wdi", "wdi-A", 2000, 2000)
    drawn = page(make_report(PLAN, {}, {failed: "too few"}, Names(), {}), {})
    assert "Not imputed" in drawn
    assert "<svg" not in drawn
