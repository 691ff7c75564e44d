"""The command's files: complete, equal to what single requests answer, and the same however it was interrupted."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.batch.conftest import FEW, TARGETS, Start, files
from tests.tools.running import command

Run = Callable[..., tuple[int, str, str]]
DEADLINE_SECONDS = 60


def test_files_hold_what_single_requests_answer(plain: Path, host: str) -> None:
    manifest = json.loads((plain / "manifest.json").read_bytes())
    assert manifest["counts"]["imputed"] == sum(map(len, manifest["files"].values())) > len(TARGETS)
    for path, years in manifest["files"].items():
        content = json.loads((plain / path).read_bytes())
        dataset, target = path.removesuffix(".json").split("/")
        for year in years:
            body = {"target_year": year, "dataset": dataset, "target": target, "scheme": "AFS", "number_predictor": 3}
            body |= {"estimators": 5, "model": "etr", "interpolator": "KNNImputer", "interval": "quantile"}
            answer = httpx.post(f"{host}/twolvlImp/predict", json=body, timeout=60).json()["indicatorJson"]
            expected = {key: values[str(year)] for key, values in answer.items() if key != "correlation"}
            expected["performance"] = expected["rmse_deviation"]
            assert {key: values[str(year)] for key, values in content.items()} == expected
        assert {len(values) for values in content.values()} == {len(years)}


def test_report_and_manifest_tell_versions_and_quality(plain: Path) -> None:
    report = (plain / "report.md").read_text()
    manifest = json.loads((plain / "manifest.json").read_bytes())
    assert manifest["options"]["years"] == [2015, 2016]
    assert manifest["options"]["targets"] == sorted(TARGETS)
    assert manifest["dataset_version"] in report
    assert "## By dataset" in report
    assert "90%" in report
    assert "| dataset | imputations | values | unreliable |" in report
    for target in TARGETS:
        assert f"| {target} |" in report


def test_files_manifest_and_report_carry_the_flags(plain: Path) -> None:
    manifest = json.loads((plain / "manifest.json").read_bytes())
    contents = [json.loads((plain / path).read_bytes()) for path in manifest["files"]]
    for content in contents:
        for year, lower in content["lowerIntervals"].items():
            for flag in ("evidence", "expectedErrors", "methods"):
                assert content[flag][year].keys() == lower.keys()
            assert set(content["unreliable"][year]) <= set(lower)
    unreliable, values = (
        sum(len(codes) for content in contents for codes in content[key].values())
        for key in ("unreliable", "lowerIntervals")
    )
    assert (manifest["counts"]["unreliable"], manifest["counts"]["figures"]) == (unreliable, values)
    assert f"| {values} | {unreliable / values:.1%} |" in (plain / "report.md").read_text()
    assert 0 < unreliable < values


def test_a_batch_without_history_says_so_and_uses_none(plain: Path, batch: Run, tmp_path: Path) -> None:
    code, _, err = batch(*FEW, "--name", "few", "--out", str(tmp_path), "--no-history")
    assert code == 0, err
    for folder, history in ((plain, True), (tmp_path / "ml" / "few", False)):
        manifest = json.loads((folder / "manifest.json").read_bytes())
        assert manifest["options"]["history"] is history
        contents = [json.loads((folder / path).read_bytes()) for path in manifest["files"]]
        methods = {method for content in contents for year in content["methods"].values() for method in year.values()}
        assert ("history" in methods) is history


def test_a_batch_that_is_killed_goes_on_without_doing_anything_twice(
    start: Start, batch: Run, plain: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = (*FEW, "--name", "few", "--out", str(out), "--workers", "1")
    process = start(*words)
    results = out / ".batch" / "results"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (kept := _times(results)):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept |= _times(results)
    assert batch(*words)[0] == 2
    code, out_text, err = batch(*words, "--resume")
    assert code == 0, err
    assert f"({len(kept)} from an earlier run)" in out_text
    assert files(out / "ml" / "few") == files(plain)
    assert {name: _times(results)[name] for name in kept} == kept


def test_years_added_with_resume_make_the_files_of_one_batch(batch: Run, plain: Path, tmp_path: Path) -> None:
    few, out = FEW[2:], tmp_path / "out"
    assert batch("--years", "2015", *few, "--name", "few", "--out", str(out))[0] == 0
    code, said, err = batch("--years", "2016", *few, "--name", "few", "--out", str(out), "--resume")
    assert code == 0, err
    assert "from an earlier run" not in said
    assert files(out / "ml" / "few") == files(plain)


def test_another_name_has_its_place_beside_and_other_options_need_one(batch: Run, plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert batch(*FEW, "--name", "few", "--out", str(out))[0] == 0
    code, _, err = batch(*FEW, "--name", "few", "--out", str(out), "--resume", "--correlation")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "correlation is False there and True here" in err
    assert batch(*FEW, "--name", "other", "--out", str(out), "--correlation")[0] == 0
    assert files(out / "ml" / "few") == files(plain)
    contents = [json.loads((out / "ml" / "other" / path).read_bytes()) for path in _manifest(out / "ml" / "other")]
    assert all(content["correlation"].keys() == content["data"].keys() for content in contents)


def test_a_worker_process_that_is_killed_loses_nothing(start: Start, plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(*FEW, "--name", "few", "--out", str(out), "--workers", "2")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not _times(out / ".batch" / "results"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    workers = _children(process.pid)
    if workers:
        os.kill(workers[0], signal.SIGKILL)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, err
    assert files(out / "ml" / "few") == files(plain)


def test_what_cannot_be_imputed_is_named_and_stops_nothing(batch: Run, tmp_path: Path) -> None:
    words = ("--years", "2015", "--targets", ",".join(TARGETS), "--estimators", "5")
    settings = {"PREDICTOR_MISSING_PERCENT": "1"}
    code, out, _ = batch(*words, "--number-predictor", "50", "--name", "x", "--out", str(tmp_path), **settings)
    manifest = json.loads((tmp_path / "ml" / "x" / "manifest.json").read_bytes())
    assert code == 0
    assert manifest["counts"]["failed"] == manifest["counts"]["planned"] == len(manifest["failures"]) > 0
    assert {failure["target"] for failure in manifest["failures"]} <= set(TARGETS)
    assert "no indicator has enough values in 2015" in manifest["failures"][0]["reason"]
    assert "0 imputations" in out


def test_years_that_share_their_predictors_do_so_however_the_batch_was_interrupted(
    batch: Run, plain: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = (*FEW, "--name", "few", "--out", str(out), "--selection-years", "2")
    assert batch(*words)[0] == 0
    shared = files(out / "ml" / "few")
    assert json.loads(shared["manifest.json"])["options"]["selection_years"] == 2
    contents = {name: json.loads(shared[name]) for name in json.loads(shared["manifest.json"])["files"]}
    both = [content["featureImportances"] for content in contents.values() if len(content["featureImportances"]) == 2]
    assert both
    assert all(set(years["2015"]) == set(years["2016"]) for years in both)
    alone = [json.loads((plain / name).read_bytes())["featureImportances"] for name in contents]
    assert any(set(years.get("2015", {})) != set(years.get("2016", {})) for years in alone)
    for result in [path for path in (out / ".batch" / "results").rglob("*") if path.is_file()][::2]:
        result.unlink()
    assert batch(*words, "--resume")[0] == 0
    assert files(out / "ml" / "few") == shared


NAMES_OF_NO_FOLDER = (
    "/x",
    "x//y",
    "x/..",
    "x\\..\\y",
    "..\uff0fx",
    ".hidden",
    "-x",
    "C:x",
    "aux",
    "x.",
    "x" * 211,
    "é" * 40,
)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--years", "20"), "--years '20'"),
        (("--years", "2015", "--model", "x"), "--model 'x'"),
        (("--years", "2015", "--scheme", "MANUAL"), "allowed: AFS, PCA"),
        (("--years", "2015", "--datasets", "x"), "datasets 'x' is unknown"),
        (("--years", "2015", "--targets", "key-DEMO.021.TX"), "targets 'key-DEMO.021.TX' is unknown"),
        (("--years", "1800"), "nothing can be imputed"),
        (("--years", "2015", "--enqueue", "--workers", "2"), "use one of them"),
        (("--years", "2015", "--enqueue", "--selection-years", "2"), "--selection-years"),
        (("--years", "2015", "--name", "../x"), "--name '../x'"),
        *((("--years", "2015", "--name", name), f"--name {name[:80]!r}") for name in NAMES_OF_NO_FOLDER),
        (("--years", "2015", "--name", "a\nb"), "'a\\nb' contains a line break"),
    ],
)
def test_what_makes_no_batch_is_one_line(
    environment: Mapping[str, str], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    result = command("batch", *words, "--out", str(tmp_path / "out"), **environment)
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert said in result.err
    assert not (tmp_path / "out").exists()


def test_a_process_without_the_model_says_so(batch: Run, tmp_path: Path) -> None:
    code, _, err = batch("--years", "2015", "--out", str(tmp_path / "out"), MODEL_SERVICE="survey")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "MODEL_SERVICE is 'survey'" in err


def _manifest(folder: Path) -> dict[str, list[int]]:
    """The files that the manifest lists, with their years."""
    listed: dict[str, list[int]] = json.loads((folder / "manifest.json").read_bytes())["files"]
    return listed


def _times(folder: Path) -> dict[str, Any]:
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and not path.suffix}


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid=,args="], capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line]
