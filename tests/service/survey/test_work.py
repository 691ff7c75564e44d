"""Surveys that would take too long are refused before they begin, with what would be accepted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.app import build_app
from blueprints.survey import ClusteringRequest, check_work, work_of
from sids_core.survey.work import SurveyWork
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from tests.function_client import FunctionClient, read

CLUSTERING = "/survey/clustering"
QUESTIONS: dict[str, list[Any]] = {
    "categorical": ["red", "blue", "green", "red"],
    "continuous": [1, 2.5, 2, 7],
    "GPS latitude": [1, 2, 3, 4],
}


@pytest.fixture
def client(demo_data: Path, tmp_path: Path) -> Iterator[FunctionClient]:
    """Of a service that allows a run a second."""
    settings = Settings(dataset_path=demo_data, dataset_cache_path=tmp_path, run_seconds=1)
    context = Context(settings, open_panel_source(settings))
    yield FunctionClient(build_app(context))
    context.dataset.stop()


def survey(kinds: list[str], rows: int, max_k: int) -> dict[str, Any]:
    names = [f"question {number}" for number in range(len(kinds))]
    data = {name: (QUESTIONS[kind] * rows)[:rows] for name, kind in zip(names, kinds, strict=True)}
    metadata = {"Question Name": names, "Type": kinds, "Factor": ["f"] * len(kinds)}
    return {"data": data, "metadata": metadata, "factor": "f", "max_k": max_k}


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [(["categorical"] * 8, 200), (["categorical", "continuous"] * 2, 100), (["continuous"] * 4, 300)],
)
def test_what_is_offered_instead_is_accepted(client: FunctionClient, kinds: list[str], rows: int) -> None:
    refused = client.post(CLUSTERING, survey(kinds, rows, 50))
    assert refused.status_code == 422
    detail = read(refused)["detail"]
    assert detail["type"] == "too_much_work"
    for kind in set(kinds):
        assert f"{kinds.count(kind)} {kind}" in detail["msg"]
    assert "max_k 50 is too large" in detail["msg"]
    assert "this service allows 1." in detail["msg"]
    found = re.search(rf"with {rows} rows, max_k up to (\d+); with max_k 50, rows up to (\d+)", detail["msg"])
    assert found
    max_k, fewer = map(int, found.groups())
    for body in (survey(kinds, rows, max_k), survey(kinds, fewer, 50)):
        check_work(work_of(ClusteringRequest.model_validate(body)), 1)
    assert client.post(CLUSTERING, survey(kinds, rows, max_k + 1)).status_code == 422
    assert client.post(CLUSTERING, survey(kinds, rows, 50), Prefer="respond-async").status_code == 422


def test_questions_of_other_factors_do_not_count() -> None:
    body = survey(["categorical"] * 40 + ["GPS latitude"], 200, 3)
    body["metadata"]["Factor"] = ["f", *["another"] * 38, None, "f"]
    assert work_of(ClusteringRequest.model_validate(body)) == SurveyWork(1, 0, 200, 3)


@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_usual_survey_is_accepted(rows: int) -> None:
    assert SurveyWork(50, 0, rows, 10).most_seconds() < Settings.model_fields["run_seconds"].default
    assert SurveyWork(30, 20, rows, 10).most_seconds() < Settings.model_fields["run_seconds"].default


SIZES = st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 100_000), st.integers(1, 50)


@given(*SIZES, st.sampled_from(["categorical", "continuous", "rows", "max_k"]))
def test_more_never_takes_less(categorical: int, continuous: int, rows: int, max_k: int, more: str) -> None:
    size = {"categorical": categorical, "continuous": continuous, "rows": rows, "max_k": max_k}
    larger = size | {more: size[more] + 1}
    if bool(size["categorical"]) is bool(larger["categorical"]):  # else another algorithm
        assert SurveyWork(**larger).most_seconds() >= SurveyWork(**size).most_seconds()


@given(*SIZES, st.floats(0.01, 1000))
def test_the_offers_keep_to_the_limit(categorical: int, continuous: int, rows: int, max_k: int, seconds: float) -> None:
    work = SurveyWork(categorical, continuous, rows, max_k)
    largest, most = work.largest_max_k(seconds), work.most_rows(seconds)
    assert SurveyWork(categorical, continuous, rows, largest).most_seconds() <= seconds or largest == 0
    assert SurveyWork(categorical, continuous, most, max_k).most_seconds() <= seconds or most == 0
    if largest < max_k:
        assert SurveyWork(categorical, continuous, rows, largest + 1).most_seconds() > seconds
