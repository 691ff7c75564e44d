"""Records and files of a batch are the same, whatever computed them."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic_core import to_json

from sids_core.errors import PathError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.impute import impute
from sids_core.imputation.result import ImputationResult
from sids_core.panel.demo import demo_panel
from sids_service.batch.manifest import END, Published, read_published
from sids_service.batch.origin import Origin
from sids_service.batch.output import FolderOutput
from sids_service.batch.plan import BatchItem, BatchPlan, Selection, make_plan
from sids_service.batch.publish import publish
from sids_service.batch.records import Record, Records
from sids_service.dashboard import predict_response, static_name
from sids_service.errors import ConfigurationError
from sids_service.storage.seal import sealed, unsealed
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


@pytest.mark.parametrize("correlation", [False, True])
def test_a_record_that_was_read_makes_the_dashboards_file(
    plan: BatchPlan, result: ImputationResult, tmp_path: Path, correlation: bool
) -> None:
    output, item, record = FolderOutput(tmp_path), plan.items[0], Record.of_result(result)
    records = Records(output, "few", replace(plan, correlation=correlation))
    records.keep_result(item, record)
    assert set(records.results()) == {plan.id(item)}
    (file,) = records.results().values()
    qualities, digests = publish({item: file}, records, output, "ml/few", {})
    assert qualities == {item: record.quality}
    assert digests == {
        static_name(item.target): sha256((tmp_path / "ml" / "few" / static_name(item.target)).read_bytes()).hexdigest()
    }
    written = json.loads((tmp_path / "ml" / "few" / static_name(item.target)).read_bytes())
    expected = json.loads(to_json(predict_response(result)))["indicatorJson"]
    if not correlation:
        del expected["correlation"]
    assert written == {**expected, "performance": {"2015": result.rmse_deviation}}


def test_a_file_lies_under_its_code_up_to_the_first_hyphen() -> None:
    names = {"wdi2-SP-POP.1": "wdi2/wdi2-SP-POP.1.json", "plain": "plain/plain.json"}
    assert {code: static_name(code) for code in names} == names


def test_ids_differ_with_data_and_configuration_and_not_with_the_selection_of_predictors(plan: BatchPlan) -> None:
    item = plan.items[0]
    other_data = replace(plan, dataset_version="another version")
    other_configs = (
        replace(plan, config=config) for config in (replace(CONFIG, n_predictors=4), replace(CONFIG, history=False))
    )
    assert len({each.id(item) for each in (plan, other_data, *other_configs)}) == 4
    assert plan.id(item) == plan.id(replace(item, selection_year=2010))
    assert plan.id(item) != plan.id(BatchItem(item.dataset, item.target, item.year + 1, item.year))


@pytest.mark.parametrize("code", ["../../x", "a/b", "..", "a\\b", "con-x", "\uff0e\uff0e/x"])
def test_a_code_that_leads_elsewhere_is_in_no_file_record_or_manifest(
    plan: BatchPlan, result: ImputationResult, tmp_path: Path, code: str
) -> None:
    output, item = FolderOutput(tmp_path / "out"), plan.items[0]
    with pytest.raises(PathError):
        static_name(code)
    records = Records(output, "few", plan)
    records.keep_result(item, Record.of_result(result))
    (file,) = records.results().values()
    forged = json.loads(unsealed(output.read(file) or b"", file))
    forged["item"]["target"] = code
    output.write(file, sealed(to_json(forged), file))
    with pytest.raises(ConfigurationError, match=rf"{plan.id(item)} in --out is damaged"):
        publish({item: file}, records, output, "ml/few", {})
    quality, digests = {item: Record.of_result(result).quality}, {static_name(item.target): 64 * "0"}
    content = Published(Origin.of(plan), plan.selection).with_run(plan, quality, {}, digests).to_json()
    output.write("ml/few/manifest.json", with_digest(content.replace(to_json(item.target), to_json(code))))
    with pytest.raises(ConfigurationError, match="is not a manifest of this service"):
        read_published(output, "ml/few", plan)


def with_digest(manifest: bytes) -> bytes:
    """A manifest whose digest fits, as somebody who forges one would write it."""
    rest = manifest[: -len(END % (64 * b"0"))]
    return rest + END % sha256(rest).hexdigest().encode()


def test_no_link_is_followed_out_of_the_output(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    for each in (out, other):
        each.mkdir()
    (other / "x.json").write_text("{}")
    (out / "ml").symlink_to(other)
    (out / "x.json").symlink_to(other / "x.json")
    output = FolderOutput(out)
    for name in ("ml/x.json", "x.json", "../other/x.json", "ml/new/x.json"):
        with pytest.raises(PathError):
            output.write(name, b"written")
        with pytest.raises(PathError):
            output.read(name)
    with pytest.raises(PathError):
        list(output.names("ml"))
    assert {path.name: path.read_text() for path in other.iterdir()} == {"x.json": "{}"}


@pytest.mark.parametrize("content", [b"", b'{"data": {"20', b"[]", b'{"data": 1}'])
def test_a_damaged_file_or_record_is_named_and_left(
    plan: BatchPlan, result: ImputationResult, tmp_path: Path, content: bytes
) -> None:
    output, item = FolderOutput(tmp_path), plan.items[0]
    records = Records(output, "few", plan)
    records.keep_result(item, Record.of_result(result))
    (file,) = records.results().values()
    damaged = tmp_path / "ml" / "few" / static_name(item.target)
    output.write(f"ml/few/{static_name(item.target)}", content)
    digests = {static_name(item.target): sha256(b"{}").hexdigest()}
    with pytest.raises(ConfigurationError, match=rf"{item.target}.json in --out is damaged"):
        publish({item: file}, records, output, "ml/few", digests)
    assert damaged.read_bytes() == content
    output.write(file, content)
    with pytest.raises(ConfigurationError, match=rf"{plan.id(item)} in --out is damaged"):
        publish({item: file}, records, output, "ml/few", digests)
