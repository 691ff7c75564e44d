"""The manifests list exactly the functions that the app has: HTTP in one Deployment, the queue in another."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sids_tools.deployment.function_lists import QUEUE, function_list, functions_of, read_header
from tests.infra.conftest import K8S, Manifests, of_kind

LISTS = sorted(K8S.glob("**/functions.env"))
PREFIX = "AzureFunctionsJobHost__functions__"


def listed(manifests: Manifests, name: str) -> list[str]:
    """The functions of the ConfigMap that this Deployment reads."""
    deployment = next(m for m in of_kind(manifests, "Deployment") if m["metadata"]["name"] == name)
    read = {s["configMapRef"]["name"] for s in deployment["spec"]["template"]["spec"]["containers"][0]["envFrom"]}
    values: dict[str, str] = {}
    for config in of_kind(manifests, "ConfigMap"):
        if config["metadata"]["name"] in read:
            values |= {k: v for k, v in config["data"].items() if k.startswith(PREFIX)}
    assert sorted(values) == sorted(f"{PREFIX}{index}" for index in range(len(values)))
    return list(values.values())


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_a_list_is_what_the_command_writes(path: Path) -> None:
    kind, models = read_header(path)
    expected = function_list(kind, models, functions_of(models))
    assert path.read_text() == expected, "functions were added or renamed: sids function-lists"


@pytest.mark.parametrize("overlay", ["dev", "production"])
def test_the_two_deployments_share_all_functions_of_the_app(manifests: Mapping[str, Manifests], overlay: str) -> None:
    functions = functions_of("all")
    http, worker = listed(manifests[overlay], "http"), listed(manifests[overlay], "worker")
    assert sorted(http + worker) == sorted(function.name for function in functions)
    assert set(worker) == {function.name for function in functions if function.trigger == QUEUE}
    assert set(worker) == {"jobs_run", "jobs_poison"}
    assert {"service_health", "service_ready", "twolvlImp_predict", "jobs_expire", "jobs_sweep"} <= set(http)


def test_a_service_of_one_model_has_its_functions_only(manifests: Mapping[str, Manifests]) -> None:
    names = listed(manifests["one-service-per-model"], "http-survey")
    assert {"service_health", "service_ready", "survey_clustering"} <= set(names)
    assert not [name for name in names if name.startswith(("twolvlImp", "correlation"))]
    assert "jobs_run" not in names


def test_a_file_without_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "functions.env"
    path.write_text("AzureFunctionsJobHost__functions__0=service_health\n")
    with pytest.raises(ValueError, match="first line"):
        read_header(path)
