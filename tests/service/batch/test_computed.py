"""Processes and jobs compute the same: equal records, equal reasons, and nothing for another version of the data."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from blueprints.app import make_worker
from blueprints.imputation import PREDICT
from sids_core.errors import RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_service.batch.compute import Failed, ItemOutcome, JobBatch, Rejected, Succeeded, impute_item
from sids_service.batch.plan import BatchItem, BatchPlan, Selection, make_plan
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.consumer import Consumer
from sids_service.jobs.errors import DatasetChangedError
from sids_service.settings import Settings
from sids_tools.commands.batch import endpoint_computation
from tests.service.batch.conftest import TARGETS

CONFIG = ImputationConfig(n_predictors=3, n_estimators=5)


@pytest.fixture(scope="module")
def context(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("computed")
    settings = Settings(dataset_path=demo_data, dataset_cache_path=folder / "packed", jobs_path=folder / "jobs")
    return Context(settings, open_panel_source(settings))


@pytest.fixture(scope="module")
def plan(context: Context) -> BatchPlan:
    return make_plan(Catalogue(context.dataset.panel(), CONFIG), Selection((2015, 2015), targets=TARGETS[:1]))


def _by_jobs(context: Context, plan: BatchPlan) -> dict[BatchItem, ItemOutcome]:
    """A worker does the jobs whenever the batch pauses."""
    worker = make_worker(context)
    consumer = Consumer(context.job_queue, worker.work, worker.give_up, hidden_seconds=60)
    describe = endpoint_computation(context, plan.config)
    batch = JobBatch(context.jobs, PREDICT.name, PREDICT.model, describe, plan.dataset_version)
    return dict(batch.outcomes(plan.items, consumer.once))


@pytest.mark.parametrize("history", [True, False])
def test_a_job_has_the_record_of_a_process(context: Context, plan: BatchPlan, history: bool) -> None:
    plan = replace(plan, config=replace(plan.config, history=history))
    local = partial(impute_item, context.dataset.panel, plan.dataset_version, plan.config, 1)
    assert _by_jobs(context, plan) == {item: Succeeded(local(item)) for item in plan.items}


def test_a_job_is_rejected_for_the_reason_of_a_process(context: Context, plan: BatchPlan) -> None:
    percent = 10.0
    settings = context.settings.model_copy(update={"predictor_missing_percent": percent})
    context = replace(context, settings=settings)
    plan = replace(plan, config=replace(plan.config, n_predictors=50, predictor_missing_percent=percent))
    (item,) = plan.items
    with pytest.raises(RequestError, match="number_predictor 50 is too large") as rejected:
        impute_item(context.dataset.panel, plan.dataset_version, plan.config, 1, item)
    assert _by_jobs(context, plan) == {item: Rejected(str(rejected.value))}


def test_nothing_is_computed_for_another_version_of_the_dataset(context: Context, plan: BatchPlan) -> None:
    plan = replace(plan, dataset_version="another")
    (item,) = plan.items
    with pytest.raises(DatasetChangedError, match="has changed") as changed:
        impute_item(context.dataset.panel, plan.dataset_version, plan.config, 1, item)
    assert _by_jobs(context, plan) == {item: Failed(str(changed.value))}
    assert context.job_queue.length() == 0
