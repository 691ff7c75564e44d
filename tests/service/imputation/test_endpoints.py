"""The contract of /twolvlImp over HTTP, on demo data."""

import csv
import gzip
import math
import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from sids_core.panel.panel import SIDS
from tests.calls import PREDICT, TARGET
from tests.http_json import get, post
from tests.local_host import running_host

WITH_HISTORY = {
    "target_year": "2015",
    "dataset": "key",
    "target": "key-DEMO.002.CU",
    "interpolator": "KNNImputer",
    "scheme": "AFS",
    "number_predictor": 3,
    "estimators": 5,
    "model": "etr",
    "interval": "quantile",
}
"""A target that some SIDS miss in the year and have in others."""


@pytest.fixture(scope="module")
def client(host: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{host}/twolvlImp/", timeout=120) as client:
        yield client


def test_a_client_walks_from_the_years_to_the_answer(client: httpx.Client) -> None:
    year = "2001"
    assert year in get(client, "target_years")
    assert "key" in get(client, "datasets", target_year=year)
    targets = get(client, "targets", target_year=year, dataset="key")
    assert TARGET["target"] in targets
    dimensions = get(client, "dimensions", **TARGET)
    assert TARGET["target"] in [dimension["value"] for dimension in dimensions]
    assert all(set(dimension) == {"label", "value"} for dimension in dimensions)
    predictors = post(client, "predictors", {**TARGET, "scheme": "MANUAL"})
    assert "wdi-AG.LND.AGRI.K2" in predictors
    assert TARGET["target"] not in predictors
    numbers = post(client, "predictors", {**TARGET, "scheme": "PCA"})
    assert list(numbers.items()) == [(str(count), count) for count in range(5, 55, 5)]
    body = {**PREDICT, "estimators": 12}
    assert 0 < post(client, "estimate", body) < 60
    assert 0 < post(client, "estimate", {**body, "manual_predictors": []}) < 60
    answer = post(client, "predict", body)
    assert post(client, "estimate", body) == 0
    assert post(client, "estimate", {**body, "estimators": 13}) > 0
    assert set(answer["indicatorJson"]["data"][year]) == set(SIDS)


def test_sample_sizes_are_shares_of_the_countries(client: httpx.Client, host: str) -> None:
    countries = httpx.get(f"{host}/ready").json()["countries"]
    assert get(client, "target_sample_size") == math.ceil(0.2 * countries)
    assert get(client, "predictor_sample_size") == math.ceil(0.7 * countries)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"interval": "bootstrap", "model": "gbr"},
        {"scheme": "AFS", "number_predictor": 5, "model": "etr"},
        {"scheme": "PCA", "number_predictor": 5, "model": "all"},
        {"scheme": "PCA", "number_predictor": 5, "interpolator": "SimpleImputer"},
    ],
)
def test_the_answer_has_both_shapes_and_they_agree(client: httpx.Client, changes: Mapping[str, Any]) -> None:
    answer = post(client, "predict", {**PREDICT, **changes})
    keyed, year = answer["indicatorJson"], "2001"
    prediction = answer["prediction"]
    assert set(prediction) == {"Country Code", "prediction", "lower", "upper"}
    imputed = prediction["Country Code"]
    assert imputed
    assert [keyed["data"][year][code] for code in imputed] == prediction["prediction"]
    assert keyed["lowerIntervals"][year] == dict(zip(imputed, prediction["lower"], strict=True))
    assert keyed["upperIntervals"][year] == dict(zip(imputed, prediction["upper"], strict=True))
    names, shares = answer["model_feature_names"], answer["model_feature_importance"]
    assert keyed["featureImportances"][year] == dict(zip(names, shares, strict=True))
    assert sum(shares) == pytest.approx(1)
    pie = answer["feature_importance_pie"]
    assert keyed["categoryImportances"][year] == dict(zip(pie["category"], pie["value"], strict=True))
    assert keyed["correlation"][year] == answer["correlation"]
    assert answer["correlation"]["index"] == answer["correlation"]["columns"] == names
    assert keyed["rmse"][year] == answer["rmse"] > 0
    assert keyed["rmse_deviation"][year] == answer["rmse_deviation"] > 0
    diagnostics = answer["diagnostics"]
    assert diagnostics["training_countries"] > diagnostics["training_sids"] > 0
    assert diagnostics["out_of_fold"]["rmse"] == answer["rmse"]
    assert 0.7 < diagnostics["out_of_fold"]["coverage"] <= 1


@pytest.mark.parametrize("interval", ["quantile", "bootstrap"])
@pytest.mark.parametrize("history", [True, False])
def test_every_imputed_country_has_its_flags_in_both_shapes(client: httpx.Client, history: bool, interval: str) -> None:
    answer = post(client, "predict", {**WITH_HISTORY, "history": history, "interval": interval})
    imputed, diagnostics = answer["prediction"]["Country Code"], answer["diagnostics"]
    assert diagnostics["history"] is history
    for flag, keyed in (("evidence", "evidence"), ("expected_error", "expectedErrors"), ("method", "methods")):
        assert list(diagnostics[flag]) == imputed
        assert answer["indicatorJson"][keyed] == {"2015": diagnostics[flag]}
    assert all(0 <= share <= 1 for share in diagnostics["evidence"].values())
    assert min(diagnostics["expected_error"].values()) > 0
    assert answer["indicatorJson"]["unreliable"] == {"2015": diagnostics["unreliable"]}
    assert set(diagnostics["unreliable"]) <= set(imputed)
    by_history = [code for code, method in diagnostics["method"].items() if method == "history"]
    assert bool(by_history) is history
    assert set(diagnostics["method"].values()) <= {"cross-section", "reduced", "history"}
    assert list(diagnostics["own_history"]) == by_history
    for own in diagnostics["own_history"].values():
        assert set(own) == {"before", "after", "form", "cross_section_weight"}
        assert own["before"] or own["after"]
        assert (own["before"] or 0) < 2015 < (own["after"] or 9999)
        assert 0 <= own["cross_section_weight"] <= 1


def test_each_imputed_country_is_in_one_bin_of_gaps(client: httpx.Client) -> None:
    answer = post(client, "predict", WITH_HISTORY)
    bins = answer["diagnostics"]["gap_coverage"]
    assert sorted(code for gaps in bins for code in gaps["countries"]) == sorted(answer["prediction"]["Country Code"])
    for gaps in bins:
        low, high = gaps["missing_share"]
        assert 0 <= low < high <= 1
        assert gaps["method"] in {"cross-section", "reduced"}
        assert 0 < gaps["coverage"] <= 1
        assert 0 < gaps["coverage_sids"] <= 1


def test_history_is_used_by_default_and_belongs_to_the_key(client: httpx.Client) -> None:
    body = {**WITH_HISTORY, "estimators": 6}
    default = client.post("predict", json=body)
    asked = client.post("predict", json={**body, "history": True})
    assert asked.headers["Cache-Status"].endswith("; hit")
    assert asked.content == default.content
    assert post(client, "estimate", {**body, "history": True}) == 0
    assert post(client, "estimate", {**body, "history": False}) > 0
    without = client.post("predict", json={**body, "history": False})
    assert "stored" in without.headers["Cache-Status"]
    own = default.json()["diagnostics"]["own_history"]
    values, others = (response.json()["indicatorJson"]["data"]["2015"] for response in (default, without))
    assert own
    assert all(values[code] != others[code] for code in own)


def test_the_form_lists_history(host: str) -> None:
    form = next(form for form in httpx.get(f"{host}/params").json() if form["model"] == "twolvlImp")
    inputs = {told["parameter"]: told for told in form["inputs"]}
    assert (inputs["history"]["label"], inputs["history"]["type"]) == ("Own history", "boolean")
    assert "other years" in inputs["history"]["description"]
    assert "conditions" not in inputs["history"]


def test_the_same_request_gives_the_same_bytes_in_every_process_and_on_other_processors(
    client: httpx.Client, demo_data: Path, tmp_path: Path
) -> None:
    """The other host multiplies matrices with the instructions of an old processor, which changes last bits."""
    bodies = [
        {**PREDICT, "scheme": "AFS", "number_predictor": 4, "model": "all"},
        {**PREDICT, "scheme": "PCA", "number_predictor": 20, "model": "etr"},
        {**PREDICT, "scheme": "PCA", "number_predictor": 5, "model": "rfr", "interval": "bootstrap"},
        {**WITH_HISTORY, "estimators": 7},
        {**WITH_HISTORY, "model": "gbr", "interpolator": "IterativeImputer", "history": False},
    ]
    first, again = ([client.post("predict", json=body) for body in bodies] for _ in range(2))
    assert all("stored" in response.headers["Cache-Status"] for response in first)
    assert all(response.headers["Cache-Status"].endswith("; hit") for response in again)
    old = {"OPENBLAS_CORETYPE": "Prescott"} if platform.machine() == "x86_64" else {}
    with running_host(tmp_path, {"DATASET_PATH": str(demo_data), **old}) as other:
        there = [httpx.post(f"{other.url}/twolvlImp/predict", json=body, timeout=120) for body in bodies]
    for answers in (again, there):
        assert [response.content for response in answers] == [response.content for response in first]


def test_a_new_version_of_the_dataset_voids_what_was_remembered(demo_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    with running_host(tmp_path, {"DATASET_PATH": str(data), "DATASET_REFRESH_SECONDS": "0.1"}) as host:
        host.wait_for("Ready: ")
        with httpx.Client(base_url=host.url, timeout=120) as client:
            first, again = (client.post("/twolvlImp/predict", json=PREDICT) for _ in range(2))
            assert again.headers["Cache-Status"].endswith("; hit")
            version = client.get("/ready").json()["version"]
            _double_values(data / "indicatorData.csv.gz", TARGET["target"])
            deadline = time.monotonic() + 60
            while client.get("/ready").json()["version"] == version:
                assert time.monotonic() < deadline
            new = client.post("/twolvlImp/predict", json=PREDICT)
    assert "stored" in new.headers["Cache-Status"]
    assert new.json()["rmse"] != first.json()["rmse"]


def _double_values(path: Path, indicator: str) -> None:
    """In one step, as a deployment of data does it."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    rows = [row for row in table if row["Indicator Code"] == indicator]
    for row in rows[:20]:
        row["2001"] = str(2 * float(row["2001"] or 1))
    new = path.with_name("new")
    with gzip.open(new, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    new.replace(path)


def test_the_dataset_may_be_left_out_and_unknown_fields_are_ignored(client: httpx.Client) -> None:
    without = {name: value for name, value in PREDICT.items() if name != "dataset"}
    assert post(client, "predict", {**without, "colour": "red"}) == post(client, "predict", PREDICT)


def test_what_a_scheme_does_not_use_is_not_looked_at(client: httpx.Client) -> None:
    manual = {**PREDICT, "manual_predictors": ["wdi-AG.LND.AGRI.K2"] * 2}
    expected = client.post("predict", json=PREDICT).content
    for number in (7, 0, "", None):
        again = client.post("predict", json={**manual, "number_predictor": number})
        assert again.content == expected
        assert again.headers["Cache-Status"].endswith("; hit")
    selecting = {**PREDICT, "scheme": "PCA", "number_predictor": 5}
    expected = client.post("predict", json=selecting).content
    assert client.post("predict", json={**selecting, "manual_predictors": None}).content == expected


def test_the_answer_says_how_long_each_stage_took(client: httpx.Client) -> None:
    response = client.post("predict", json={**PREDICT, "estimators": 11})
    stages = [part.split(";")[0] for part in response.headers["Server-Timing"].split(", ")]
    assert stages == ["queue", "slice", "imports", "base-imputation", "cross-fitting", "intervals", "report", "total"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target_year": "01"}, "target_year"),
        ({"target_year": "२००१"}, "target_year"),
        ({"target_year": None}, "target_year"),
        ({"target_year": True}, "target_year"),
        ({"target": 7}, "target"),
        ({"interpolator": "knn"}, "interpolator"),
        ({"scheme": "manual"}, "scheme"),
        ({"estimators": 0}, "estimators"),
        ({"estimators": 1001}, "estimators"),
        ({"model": "svm"}, "model"),
        ({"interval": "none"}, "interval"),
        ({"history": "perhaps"}, "history"),
        ({"history": "true"}, "history"),
        ({"history": 1}, "history"),
        ({"history": None}, "history"),
        ({"manual_predictors": []}, "manual_predictors"),
        ({"manual_predictors": [TARGET["target"]]}, "manual_predictors"),
        ({"scheme": "AFS"}, "number_predictor"),
        ({"scheme": "PCA", "number_predictor": 0}, "number_predictor"),
        ({"scheme": "PCA", "number_predictor": 51}, "number_predictor"),
    ],
)
def test_a_malformed_request_names_the_field(client: httpx.Client, changes: Mapping[str, Any], field: str) -> None:
    response = client.post("predict", json={**PREDICT, **changes})
    assert response.status_code == 422
    assert [fault["loc"] for fault in response.json()["detail"]] == [["body", field]]


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"target_year": "1850"}, "unknown_target_year", ["'1850'", "GET /twolvlImp/target_years"]),
        ({"dataset": "nope"}, "unknown_dataset", ["'nope'", "GET /twolvlImp/datasets?target_year=2001"]),
        ({"target": "nope"}, "unknown_target", ["'nope'", "GET /twolvlImp/targets?target_year=2001&dataset=key"]),
        ({"target": "nope", "dataset": None}, "unknown_target", ["'nope'", "GET /twolvlImp/targets?target_year=2001"]),
        ({"dataset": "wdi"}, "target_not_in_dataset", ["'key'", "'wdi'"]),
        ({"manual_predictors": ["nope"]}, "unknown_manual_predictors", ["'nope'", "POST /twolvlImp/predictors"]),
        ({"manual_predictors": ["nope", "no"]}, "unknown_manual_predictors", ["'no'", "'nope'", " are unknown; "]),
    ],
)
def test_what_the_data_cannot_serve_is_named_with_where_to_look(
    client: httpx.Client, changes: Mapping[str, Any], kind: str, words: list[str]
) -> None:
    for path in ("predict", "estimate"):
        response = client.post(path, json={**PREDICT, **changes})
        assert response.status_code == 422
        detail = response.json()["detail"]
        assert detail["type"] == kind
        assert all(word in detail["msg"] for word in words), detail
        _, named, hint = detail["msg"].partition("; listed by ")
        if named:
            method, listing, *body = hint.split(" ", 2)
            assert client.request(method, client.base_url.join(listing), content="".join(body)).status_code == 200


def test_a_target_of_no_year_is_refused_by_the_estimate(client: httpx.Client) -> None:
    targets = {code for dataset in get(client, "datasets", target_year="2001") for code in
               get(client, "targets", target_year="2001", dataset=dataset)}  # fmt: skip
    predictors = post(client, "predictors", {**TARGET, "scheme": "MANUAL"})
    complete = sorted(set(predictors) - targets)
    if complete:
        body = {**PREDICT, "target": complete[0], "dataset": None, "manual_predictors": []}
        assert client.post("estimate", json=body).json()["detail"]["type"] == "not_a_target"


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("targets", {"dataset": "key"}, "target_year"),
        ("datasets", {"target_year": "soon"}, "target_year"),
        ("dimensions", {"target_year": "2001", "dataset": "key"}, "target"),
    ],
)
def test_a_missing_or_malformed_parameter_is_named(
    client: httpx.Client, path: str, query: Mapping[str, str], field: str
) -> None:
    response = client.get(path, params=query)
    assert response.status_code == 422
    assert [fault["loc"] for fault in response.json()["detail"]] == [["query", field]]


def test_unknown_years_datasets_and_targets_of_the_catalogue(client: httpx.Client) -> None:
    for path, query in (
        ("datasets", {"target_year": "1850"}),
        ("targets", {"target_year": "2001", "dataset": "nope"}),
        ("dimensions", {**TARGET, "target": "nope"}),
    ):
        response = client.get(path, params=query)
        assert response.status_code == 422
        assert set(response.json()["detail"]) == {"msg", "type"}
