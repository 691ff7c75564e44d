"""The contract of /data over HTTP, on demo data."""

import csv
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from sids_core.panel.demo import demo_panel
from sids_core.panel.panel import SIDS, Panel
from tests.calls import SERIES, SURVEY, TARGET
from tests.http_json import get

CODE = TARGET["target"]
CSV = {"Accept": "text/csv"}


@pytest.fixture(scope="module")
def client(host: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{host}/data/", timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def panel() -> Panel:
    return demo_panel()


def rows(client: httpx.Client, path: str, **params: str) -> list[dict[str, str]]:
    answer = client.get(path, params=params, headers=CSV)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "Accept" in answer.headers["vary"]
    return list(csv.DictReader(answer.text.splitlines()))


def test_indicators_are_found_by_words_in_any_case(client: httpx.Client, panel: Panel) -> None:
    found = get(client, "indicators", search="ACCESS electricity")
    assert [each["code"] for each in found["indicators"]] == [CODE]
    (indicator,) = found["indicators"]
    known = panel.observed_in_sids[:, :, panel.indicator_index[CODE]]
    assert indicator["values"] == known.sum()
    assert indicator["sids"] == known.any(axis=0).sum()
    assert indicator["years"] == [panel.years[at] for at in np.flatnonzero(known.any(axis=1))]
    assert indicator["dataset_name"] == panel.datasets["key"]
    assert indicator["unit"] == "% of population"
    assert indicator["source"]


def test_the_code_itself_comes_first(client: httpx.Client) -> None:
    assert get(client, "indicators", search=CODE.lower())["indicators"][0]["code"] == CODE


def test_pages_list_every_indicator_once(client: httpx.Client, panel: Panel) -> None:
    listed: list[str] = []
    total = len(panel.indicators)
    while len(listed) < total:
        page = get(client, "indicators", limit="100", offset=str(len(listed)))
        assert page["total"] == total
        listed += [each["code"] for each in page["indicators"]]
    assert sorted(listed) == [each.code for each in panel.indicators]
    assert get(client, "indicators", offset=str(total))["indicators"] == []


@pytest.mark.parametrize(("field", "value"), [("dataset", "env"), ("category", "Economy")])
def test_indicators_of_a_dataset_or_category(client: httpx.Client, panel: Panel, field: str, value: str) -> None:
    found = get(client, "indicators", limit="5000", **{field: value})["indicators"]
    assert {each["code"] for each in found} == {each.code for each in panel.indicators if getattr(each, field) == value}


def test_every_sids_is_a_place_on_the_map(client: httpx.Client) -> None:
    countries = get(client, "countries")
    assert [each["code"] for each in countries] == sorted(SIDS)
    assert all(-180 <= each["longitude"] <= 180 and -90 <= each["latitude"] <= 90 for each in countries)
    assert len({each["region"] for each in countries}) == 3
    assert rows(client, "countries")[0] == {name: str(value) for name, value in countries[0].items()}


def test_series_are_the_observed_values(client: httpx.Client, panel: Panel) -> None:
    found = get(client, "series", indicator=CODE, country="FJI,TON")
    assert list(found["series"]) == ["FJI", "TON"]
    column = panel.indicator_index[CODE]
    for code, values in found["series"].items():
        known = panel.values[:, panel.country_index[code], column]
        assert values == [None if value != value else value for value in known.tolist()]
    everyone = get(client, "series", indicator=CODE)["series"]
    reporting = panel.observed_in_sids[:, :, column].any(axis=0)
    assert list(everyone) == [panel.sids[at] for at in np.flatnonzero(reporting)]


def test_a_series_as_csv_has_only_observed_rows(client: httpx.Client) -> None:
    found = get(client, "series", indicator=CODE, country="FJI")
    table = rows(client, "series", indicator=CODE, country="FJI")
    assert list(table[0]) == ["country", "year", "indicator", "value", "lower", "upper", "status"]
    expected = {year: value for year, value in zip(found["years"], found["series"]["FJI"], strict=True) if value}
    assert {int(row["year"]): float(row["value"]) for row in table} == expected
    assert {row["status"] for row in table} == {"observed"}


def test_gaps_of_an_indicator_tell_what_can_be_imputed(client: httpx.Client) -> None:
    gaps = get(client, "gaps", indicator=CODE)
    at = gaps["years"].index(2001)
    missing = {code for code, row in zip(gaps["countries"], gaps["fillable"], strict=True) if row[at]}
    body = {**TARGET, "interpolator": "KNNImputer", "scheme": "MANUAL", "manual_predictors": ["wdi-AG.LND.AGRI.K2"],
            "estimators": 10, "model": "rfr", "interval": "quantile"}  # fmt: skip
    predicted = httpx.post(str(client.base_url).replace("/data/", "/twolvlImp/predict"), json=body, timeout=60).json()
    assert missing == set(predicted["prediction"]["Country Code"])
    assert predicted["predictor_names"].keys() == set(predicted["model_feature_names"])


def test_every_cell_of_an_indicator_has_one_status(client: httpx.Client) -> None:
    gaps = get(client, "gaps", indicator="svy-DEMO.018.X")
    assert not any(map(sum, gaps["fillable"]))
    assert set(gaps["reasons"]) == set(map(str, gaps["years"]))
    statuses = [row["status"] for row in rows(client, "gaps", indicator="svy-DEMO.018.X")]
    assert len(statuses) == len(gaps["countries"]) * len(gaps["years"])
    assert statuses.count("observed") == sum(map(sum, gaps["observed"]))
    assert set(statuses) == {"observed", "not fillable"}


def test_datasets_sum_up_to_all_gaps(client: httpx.Client) -> None:
    everything = get(client, "gaps")
    of_datasets = [get(client, "gaps", dataset=each["code"]) for each in get(client, "datasets")]
    assert everything["indicators"] == sum(each["indicators"] for each in of_datasets)
    for name in ("observed", "fillable"):
        assert sum(map(sum, everything[name])) == sum(sum(map(sum, each[name])) for each in of_datasets)


@pytest.mark.parametrize(
    ("path", "params", "kind"),
    [
        ("indicators", {"dataset": "nonsense"}, "unknown_dataset"),
        ("indicators", {"category": "nonsense"}, "unknown_category"),
        ("series", {"indicator": "nonsense"}, "unknown_indicator"),
        ("series", {"indicator": CODE, "country": "FJI,DEU"}, "unknown_country"),
        ("gaps", {"indicator": "nonsense"}, "unknown_indicator"),
        ("gaps", {"dataset": "nonsense"}, "unknown_dataset"),
        ("gaps", {"dataset": "env", "indicator": CODE}, "target_not_in_dataset"),
    ],
)
def test_unknown_values_are_named(client: httpx.Client, path: str, params: dict[str, str], kind: str) -> None:
    answer = client.get(path, params=params)
    assert answer.status_code == 422
    assert answer.json()["detail"]["type"] == kind


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "5001"}, {"offset": "-1"}, {"search": 201 * "x"}])
def test_paging_is_bounded(client: httpx.Client, params: dict[str, Any]) -> None:
    assert client.get("indicators", params=params).status_code == 422


def test_an_interpolated_series_as_csv_tells_what_was_observed(client: httpx.Client) -> None:
    url = str(client.base_url).replace("/data/", "/statimpute/impute")
    answer, table = (httpx.post(url, json=SERIES, headers=headers, timeout=60) for headers in ({}, CSV))
    series = answer.json()["imputed_series"]
    found = list(csv.DictReader(table.text.splitlines()))
    values = {year: value for year, value in zip(series["columns"], series["data"][0], strict=True) if value}
    assert {int(row["year"]): float(row["value"]) for row in found} == values
    interpolated = {row["year"] for row in found if row["status"] == "interpolated"}
    assert interpolated == set(answer.json()["missing_years"])


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("text/csv", True),
        ("text/csv, application/json;q=0.9", True),
        ("text/csv;q=0.9, application/json", False),
        ("text/*", True),
        ("*/*", False),
        ("text/csv;q=0", False),
        ("text/html", False),
        ("text/csv;q=x", False),
    ],
)
def test_the_accept_header_chooses(client: httpx.Client, accept: str, is_csv: bool) -> None:
    answer = client.get("countries", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/csv" if is_csv else "application/json")


PREDICT_REQUEST = {
    **TARGET,
    "interpolator": "KNNImputer",
    "scheme": "MANUAL",
    "manual_predictors": ["wdi-AG.LND.AGRI.K2"],
    "estimators": 10,
    "model": "rfr",
    "interval": "quantile",
}
ECONOMY = {"dataset": "key", "category": "Economy", "year": "2001"}


def table_of(client: httpx.Client, path: str, body: dict[str, Any]) -> tuple[Any, list[dict[str, str]]]:
    """The answer, and the rows of the same as CSV."""
    url = str(client.base_url).replace("/data/", path)
    answer, table = (httpx.post(url, json=body, headers=headers, timeout=60) for headers in ({}, CSV))
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    return answer.json(), list(csv.DictReader(table.text.splitlines()))


def test_a_filled_indicator_as_csv_has_the_digits_of_the_answer(client: httpx.Client) -> None:
    answer, rows = table_of(client, "/twolvlImp/predict", PREDICT_REQUEST)
    assert {row["country"]: float(row["value"]) for row in rows} == answer["indicatorJson"]["data"]["2001"]
    assert {(row["year"], row["indicator"]) for row in rows} == {("2001", CODE)}
    imputed = {row["country"]: row for row in rows if row["status"] == "imputed"}
    assert list(imputed) == sorted(imputed, key=list(answer["indicatorJson"]["data"]["2001"]).index)
    for name in ("lower", "upper"):
        bounds = dict(zip(answer["prediction"]["Country Code"], answer["prediction"][name], strict=True))
        assert {code: float(row[name]) for code, row in imputed.items()} == bounds
    assert all(not row["lower"] and not row["upper"] for row in rows if row["status"] == "observed")


def test_the_result_of_a_job_as_csv_is_that_of_the_request(
    client: httpx.Client, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    base = str(client.base_url).removesuffix("/data/")
    _, expected = table_of(client, "/twolvlImp/predict", PREDICT_REQUEST)
    job = httpx.post(f"{base}/twolvlImp/predict", json=PREDICT_REQUEST, headers={"Prefer": "respond-async"}).json()
    eventually(lambda: httpx.get(base + job["location"]).json()["status"] == "succeeded")
    table = httpx.get(f"{base}{job['location']}/result", headers=CSV)
    assert list(csv.DictReader(table.text.splitlines())) == expected


def test_what_is_alike_as_csv(client: httpx.Client) -> None:
    answer, rows = table_of(client, "/correlation/cluster", {**ECONOMY, "k": 3})
    assert [(row["country"], int(row["cluster"])) for row in rows] == list(
        zip(answer["country"], answer["label"], strict=True)
    )
    answer, rows = table_of(client, "/correlation/correlate", {**ECONOMY, "country": "FJI"})
    assert [row["country"] for row in rows] == answer["country_corr"]["Country Code"]
    assert [float(row["correlation"]) if row["correlation"] else None for row in rows] == answer["country_corr"]["FJI"]


def test_labels_of_a_survey_as_csv(client: httpx.Client) -> None:
    answer, rows = table_of(client, "/survey/clustering", SURVEY)
    assert [(int(row["row"]), int(row["cluster"])) for row in rows] == list(enumerate(answer["cluster_label"], 1))
