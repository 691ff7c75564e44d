"""Records and files of a batch are the same, whatever computed them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_core import to_json

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.impute import impute
from sids_core.imputation.result import ImputationResult
from sids_core.panel.demo import demo_panel
from sids_service.batch.output import FolderOutput, Record, Records, write_indicator_files
from sids_service.batch.plan import BatchPlan, Selection, make_plan
from sids_service.dashboard import predict_response
from tests.service.batch.conftest import TARGETS

CONFIG = ImputationConfig(n_predictors=3, n_estimators=5)


@pytest.fixture(scope="module")
def plan() -> BatchPlan:
    return make_plan(Catalogue(demo_panel(), CONFIG), Selection((2015, 2015), targets=TARGETS[:1]))


@pytest.fixture(scope="module")
def result(plan: BatchPlan) -> ImputationResult:
    item = plan.items[0]
    return impute(demo_panel(), item.target, item.year, dataset=item.dataset, config=plan.config)


def test_a_jobs_result_makes_the_record_of_a_local_one(result: ImputationResult) -> None:
    response = to_json(predict_response(result), inf_nan_mode="null")
    assert to_json(Record.of_response(response)) == to_json(Record.of_result(result))


def test_a_record_that_was_read_makes_the_dashboards_file(
    plan: BatchPlan, result: ImputationResult, tmp_path: Path
) -> None:
    output, item, record = FolderOutput(tmp_path), plan.items[0], Record.of_result(result)
    records = Records(output, plan)
    records.keep_result(item, record)
    assert records.ids() == {plan.id(item)}
    assert write_indicator_files(plan, records, output, "ml") == {item: record.quality}
    written = json.loads((tmp_path / "ml" / item.dataset / f"{item.target}.json").read_bytes())
    assert written == json.loads(to_json(predict_response(result)))["indicatorJson"]


def test_ids_differ_with_data_and_configuration(plan: BatchPlan) -> None:
    item = plan.items[0]
    other_data = replace(plan, dataset_version="another version")
    other_configs = (
        replace(plan, config=config) for config in (replace(CONFIG, n_predictors=4), replace(CONFIG, history=False))
    )
    assert len({each.id(item) for each in (plan, other_data, *other_configs)}) == 4
