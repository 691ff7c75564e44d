"""What a batch adds to an output that holds something already, in a folder and in a container of real Azurite."""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.blob import BlobLeaseClient, ContainerClient

from sids_core.files import write_file
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.demo import demo_panel
from sids_service.batch import BatchSummary, run_batch
from sids_service.batch.compute import Failed, ItemOutcome, Rejected, Succeeded
from sids_service.batch.output import BlobOutput, FolderOutput, Output
from sids_service.batch.plan import BatchItem, BatchPlan, Selection, make_plan
from sids_service.batch.records import Quality, Record
from sids_service.dashboard import STATIC_KEYS
from sids_service.errors import ConfigurationError
from sids_service.jobs.errors import StoreUnavailableError
from tests.service.batch.conftest import TARGETS

if TYPE_CHECKING:
    from tests.conftest import Azurite

CONFIG = ImputationConfig()
CATALOGUE = Catalogue(demo_panel(), CONFIG)


def plan(years: tuple[int, int], *targets: str, **changes: Any) -> BatchPlan:
    made = make_plan(CATALOGUE, Selection(years, targets=targets or TARGETS))
    return replace(made, **changes)


def compute(items: Sequence[BatchItem]) -> Iterator[tuple[BatchItem, ItemOutcome]]:
    """Values that tell the item; one target is refused in one year."""
    for item in items:
        yield item, Rejected("no") if (item.target, item.year) == (TARGETS[0], 2016) else _succeeded(item)


def _succeeded(item: BatchItem) -> Succeeded:
    keys = (*(key for key in STATIC_KEYS if key != "performance"), "correlation")
    part = {key: {str(item.year): f"{key} of {item.target}"} for key in keys}
    quality = Quality(
        rmse_deviation=item.year / 1e4, coverage=0.9, coverage_sids=None, nominal_coverage=0.9, imputed=3, unreliable=1
    )
    return Succeeded(Record(indicator_json=part, quality=quality))


def run(output: Output, planned: BatchPlan, name: str = "few", *, resume: bool = False) -> BatchSummary:
    return run_batch(planned, output, name, compute, lambda *_: None, resume=resume)


class Killed(BaseException):
    """Raised in place of a kill, which no code handles either."""


class Dying:
    """An output whose process dies after so many writes."""

    def __init__(self, output: Output, writes: int) -> None:
        self._output = output
        self._left = writes

    def write(self, name: str, content: bytes) -> None:
        if self._left == 0:
            raise Killed
        self._left -= 1
        self._output.write(name, content)

    def read(self, name: str) -> bytes | None:
        return self._output.read(name)

    def names(self, folder: str) -> Iterator[str]:
        return self._output.names(folder)

    def alone(self, lock: str, place: str) -> AbstractContextManager[None]:
        return self._output.alone(lock, place)


@pytest.fixture(params=["folder", "container"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Output:
    if request.param == "folder":
        return FolderOutput(tmp_path / "out")
    container: ContainerClient = request.getfixturevalue("container")
    azurite = request.getfixturevalue("azurite")
    return BlobOutput(None, azurite.connection_string, container.container_name)


@pytest.fixture
def at_once(tmp_path: Path) -> dict[str, bytes]:
    """What one run of both years writes."""
    folder = FolderOutput(tmp_path / "at-once")
    run(folder, plan((2015, 2016)))
    return published(folder)


def published(output: Output, name: str = "few") -> dict[str, bytes]:
    return {file: output.read(file) or b"" for file in output.names(f"ml/{name}")}


def manifest(output: Output, name: str = "few") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output.read(f"ml/{name}/manifest.json") or b"")
    return found


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("without_records", [True, False])
def test_years_added_later_make_the_files_of_one_run(
    tmp_path: Path, at_once: dict[str, bytes], resume: bool, without_records: bool
) -> None:
    output = FolderOutput(tmp_path / "out")
    run(output, plan((2016, 2016)))
    if without_records:
        _remove_records(tmp_path / "out")
    summary = run(output, plan((2015, 2015)), resume=resume)
    assert (summary.resumed, summary.imputed) == (0, 3)
    assert published(output) == at_once


def test_a_container_is_added_to_as_a_folder_is(output: Output, at_once: dict[str, bytes]) -> None:
    run(output, plan((2015, 2015)))
    run(output, plan((2016, 2016)), resume=True)
    assert published(output) == at_once


def test_targets_added_later_stay_beside_the_others(output: Output) -> None:
    run(output, plan((2015, 2016), TARGETS[1]))
    before = published(output)
    run(output, plan((2015, 2015), TARGETS[2]), resume=True)
    told = manifest(output)
    files = {"key/key-DEMO.004.G.json": [2015, 2016], "env/env-DEMO.009.X.json": [2015]}
    assert told["files"] == files
    assert told["options"]["targets"] == sorted([TARGETS[1], TARGETS[2]])
    assert told["options"]["years"] == [2015, 2016]
    assert told["counts"]["imputed"] == 3
    after = published(output)
    assert after["ml/few/key/key-DEMO.004.G.json"] == before["ml/few/key/key-DEMO.004.G.json"]


def test_all_targets_added_to_some_are_all(output: Output) -> None:
    run(output, plan((2015, 2015)))
    run(output, make_plan(CATALOGUE, Selection((2015, 2015), datasets=["key"])), resume=True)
    options = manifest(output)["options"]
    assert (options["targets"], options["datasets"]) == ([], [])


def test_several_names_share_an_output(output: Output, at_once: dict[str, bytes]) -> None:
    other = plan((2015, 2016), config=replace(CONFIG, n_estimators=7), correlation=True)
    run(output, other, "a/few")
    run(output, plan((2015, 2016)))
    run(output, plan((2015, 2016), dataset_version="another"), "few-2")
    run(output, other, "a/few", resume=True)
    assert published(output) == at_once
    assert manifest(output, "a/few")["options"]["estimators"] == 7
    assert manifest(output, "few-2")["dataset_version"] == "another"


def test_what_is_there_is_not_computed_again_and_not_without_being_asked(output: Output) -> None:
    run(output, plan((2015, 2016)))
    before = published(output)
    for years in ((2015, 2016), (2016, 2017)):
        with pytest.raises(ConfigurationError, match=r"already holds .* with --resume, or choose another --name"):
            run(output, plan(years))
    computed: list[BatchItem] = []

    def watched(items: Sequence[BatchItem]) -> Iterable[tuple[BatchItem, ItemOutcome]]:
        computed.extend(items)
        return compute(items)

    summary = run_batch(plan((2015, 2016)), output, "few", watched, lambda *_: None, resume=True)
    assert computed == []
    assert (summary.resumed, summary.imputed, list(summary.failures.values())) == (6, 5, ["no"])
    assert published(output) == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset_version": "another"}, "dataset_version is .* there and another here"),
        ({"config": replace(CONFIG, n_estimators=7)}, "estimators is 100 there and 7 here"),
        ({"config": replace(CONFIG, predictor_missing_percent=20)}, "predictor_missing_percent is 30 there and 20"),
        ({"config": replace(CONFIG, history=False)}, "history is True there and False here"),
        ({"selection_years": 10}, "selection_years is 1 there and 10 here"),
        ({"correlation": True}, "correlation is False there and True here"),
    ],
)
@pytest.mark.parametrize("finished", [True, False])
def test_what_is_of_another_origin_is_refused_with_the_difference(
    tmp_path: Path, changes: dict[str, Any], said: str, finished: bool
) -> None:
    output = FolderOutput(tmp_path)
    if finished:
        run(output, plan((2015, 2015)))
        _remove_records(tmp_path)
    else:
        with pytest.raises(Killed):
            run(Dying(output, 2), plan((2015, 2015)))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for years in ((2015, 2015), (2016, 2016)):
        with pytest.raises(ConfigurationError, match=rf"ml/few .* another batch.*{said}.*another --name"):
            run(output, plan(years, **changes), resume=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("earlier", [None, (2015, 2015), (2014, 2014)])
def test_a_batch_killed_at_any_write_goes_on(
    tmp_path: Path, at_once: dict[str, bytes], earlier: tuple[int, int] | None
) -> None:
    wanted = at_once
    if earlier:
        complete = FolderOutput(tmp_path / "complete")
        run(complete, plan(earlier))
        run(complete, plan((2015, 2016)), resume=True)
        wanted = published(complete)
    for writes in range(40):
        output = FolderOutput(tmp_path / str(writes))
        if earlier:
            run(output, plan(earlier))
        try:
            run(Dying(output, writes), plan((2015, 2016)), resume=True)
        except Killed:
            run(output, plan((2015, 2016)), resume=True)
            assert published(output) == wanted, writes
        else:
            break
    else:
        pytest.fail("it was killed every time")


def test_what_a_killed_batch_computed_is_published_by_one_of_other_years(
    tmp_path: Path, at_once: dict[str, bytes]
) -> None:
    for writes in range(4, 9):
        output = FolderOutput(tmp_path / str(writes))
        with pytest.raises(Killed):
            run(Dying(output, writes), plan((2015, 2015)))
        run(output, plan((2016, 2016)))
        assert published(output) == at_once


def test_files_of_unknown_origin_are_not_replaced(output: Output) -> None:
    name = "ml/few/key/key-DEMO.021.T.json"
    output.write(name, b'{"data": {"1999": {}}}')
    with pytest.raises(ConfigurationError, match=r"ml/few in --out holds files without a manifest.json"):
        run(output, plan((2015, 2015)), resume=True)
    output.write("ml/few/manifest.json", b'{"dataset_version": "of another service"}')
    with pytest.raises(ConfigurationError, match=r"manifest.json in --out is not a manifest of this service"):
        run(output, plan((2015, 2015)), resume=True)
    assert output.read(name) == b'{"data": {"1999": {}}}'


def test_a_manifest_of_an_earlier_release_is_refused(tmp_path: Path) -> None:
    output = FolderOutput(tmp_path)
    run(output, plan((2015, 2015)))
    told = manifest(output)
    del told["quality"], told["options"]["targets"], told["options"]["correlation"]
    output.write("ml/few/manifest.json", json.dumps({**told, "service_version": "0.1"}).encode())
    with pytest.raises(ConfigurationError, match=r"service_version is 0.1 there .* correlation is not recorded there"):
        run(output, plan((2016, 2016)), resume=True)


def test_a_published_file_that_is_gone_is_made_again(tmp_path: Path) -> None:
    folder = FolderOutput(tmp_path / "out")
    run(folder, plan((2015, 2016)))
    before = published(folder)
    (tmp_path / "out" / "ml/few/key/key-DEMO.004.G.json").unlink()
    run(folder, plan((2015, 2016)), resume=True)
    assert published(folder) == before


def test_a_published_file_that_is_gone_is_not_forgotten_by_other_years(tmp_path: Path) -> None:
    folder = FolderOutput(tmp_path / "out")
    run(folder, plan((2014, 2015)))
    (tmp_path / "out" / "ml/few/key/key-DEMO.004.G.json").unlink()
    _remove_records(tmp_path / "out")
    run(folder, plan((2017, 2017)))
    lost = [failure for failure in manifest(folder)["failures"] if "file was missing" in failure["reason"]]
    assert [(failure["target"], failure["year"]) for failure in lost] == [
        ("key-DEMO.004.G", 2014),
        ("key-DEMO.004.G", 2015),
    ]


def test_a_failure_is_forgotten_once_it_succeeds_and_kept_until_then(output: Output) -> None:
    def failing(items: Sequence[BatchItem]) -> Iterator[tuple[BatchItem, ItemOutcome]]:
        for item in items:
            yield item, Failed("out of memory") if item.target == TARGETS[1] else _succeeded(item)

    planned = plan((2015, 2015))
    summary = run_batch(planned, output, "few", failing, lambda *_: None, resume=False)
    assert list(summary.retryable.values()) == ["out of memory"]
    run(output, plan((2014, 2014)))
    assert [failure["reason"] for failure in manifest(output)["failures"]] == ["out of memory"]
    assert not run(output, planned, resume=True).failures
    assert manifest(output)["failures"] == []
    assert manifest(output)["counts"]["imputed"] == 6


def _remove_records(out: Path) -> None:
    for path in sorted((out / ".batch").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


def test_a_second_batch_of_the_name_is_refused_while_the_first_one_writes(output: Output) -> None:
    def second(_: Sequence[BatchItem]) -> Iterator[tuple[BatchItem, ItemOutcome]]:
        before = written(output)
        with pytest.raises(ConfigurationError, match="another batch is writing to ml/few in --out: wait"):
            run(again, plan((2014, 2014)))
        assert written(output) == before
        run(again, plan((2014, 2014)), "other")
        yield from compute(planned.items)

    again, planned = copy(output), plan((2015, 2016))
    assert run_batch(planned, output, "few", second, lambda *_: None, resume=False).imputed == 5
    assert set(manifest(output)["options"]["years"]) == {2015, 2016}
    run(again, plan((2014, 2014)))
    assert manifest(output)["options"]["years"] == [2014, 2016]


def written(output: Output) -> dict[str, bytes]:
    return {file: output.read(file) or b"" for folder in ("ml", ".batch") for file in output.names(folder)}


def test_a_batch_whose_lock_was_lost_writes_no_more(container: ContainerClient, azurite: "Azurite") -> None:
    output = BlobOutput(None, azurite.connection_string, container.container_name)

    def interrupted(_: Sequence[BatchItem]) -> Iterator[tuple[BatchItem, ItemOutcome]]:
        BlobLeaseClient(container.get_blob_client(".batch/locks/few")).break_lease(0)
        yield planned.items[0], Failed("waits for the renewal")
        assert output._lost is not None
        assert output._lost.wait(60)
        before.update(written(output))
        yield planned.items[1], _succeeded(planned.items[1])

    planned, before = plan((2015, 2016)), dict[str, bytes]()
    with pytest.raises(StoreUnavailableError, match="the lock of --out could not be renewed"):
        run_batch(planned, output, "few", interrupted, lambda *_: None, resume=False)
    assert written(output) == before


def test_a_flipped_bit_of_what_a_batch_wrote_is_refused_by_name_or_without_effect(tmp_path: Path) -> None:
    output = FolderOutput(tmp_path)
    with pytest.raises(Killed):
        run(Dying(output, 7), plan((2015, 2015)))
    good = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    run(output, plan((2015, 2016)), resume=True)
    expected = published(output)
    refused = set()
    for path, content in good.items():
        for position in range(0, len(content), max(1, len(content) // 6)):
            shutil.rmtree(tmp_path)
            for other, bytes_ in good.items():
                write_file(other, bytes_)
            path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
            try:
                run(output, plan((2015, 2016)), resume=True)
            except ConfigurationError:
                refused.add(path)
            else:
                assert published(output) == expected
    notes = {path for path in good if "written" in path.parts}
    assert set(good) - refused <= notes  # of a file that was not written yet


def test_a_flipped_bit_of_a_published_file_or_its_manifest_is_refused(tmp_path: Path) -> None:
    output = FolderOutput(tmp_path)
    run(output, plan((2015, 2015)))
    shutil.rmtree(tmp_path / ".batch")
    for name in ("manifest.json", "key/key-DEMO.004.G.json"):
        path = tmp_path / "ml" / "few" / name
        good = path.read_bytes()
        digits = [place for place, byte in enumerate(good) if chr(byte).isdigit()]
        for place in digits[:: len(digits) // 8]:
            path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            with pytest.raises(ConfigurationError, match=r"in --out is"):
                run(output, plan((2016, 2016)), resume=True)
        path.write_bytes(good)
    run(output, plan((2016, 2016)), resume=True)
