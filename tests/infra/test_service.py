"""`sids service` writes a service that renders, or writes nothing."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from sids_service.errors import ConfigurationError
from sids_tools.deployment.function_lists import function_list, functions_of
from sids_tools.deployment.service import OVERLAY, Service, cpu_cores, memory_bytes, write_service
from tests.infra.conftest import Render, of_kind
from tests.infra.tools import PROJECT

OPTIONS = {
    "name": "sample", "model": "sampleapi", "volume": "none", "volume-name": "", "cpu": "500m", "cpu-limit": "2",
    "memory": "1Gi", "memory-limit": "2Gi", "node-pool": "",
}  # fmt: skip
ASKED = ("name", "model", "volume", "cpu", "cpu-limit", "memory", "memory-limit", "node-pool")
REFUSED = {
    "a service that exists": ({"name": "survey"}, "service 'survey' exists already; existing services: correlation"),
    "a model that has a service": ({"model": "survey"}, "model 'survey' has a service already: survey"),
    "an unknown model": ({"model": "weather"}, "model 'weather' is unknown; allowed: twolvlImp"),
    "a name in capitals": ({"name": "Sample"}, "'Sample' is not a valid service name"),
    "a name that leads elsewhere": ({"name": "../sample"}, "'../sample' is not a valid service name"),
    "a reserved name": ({"name": "worker"}, "'worker' is not a valid service name"),
    "memory without a unit": ({"memory": "2"}, "'2' is not a memory quantity"),
    "no memory": ({"memory": "0Gi"}, "'0Gi' is not a memory quantity"),
    "CPU in words": ({"cpu": "two"}, "'two' is not a CPU quantity"),
    "a request above its limit": ({"memory": "4Gi"}, "the memory request 4Gi is above its limit 2Gi"),
    "more CPU than its limit": ({"cpu": "2100m"}, "the CPU request 2100m is above its limit 2"),
    "an unknown volume": ({"volume": "disk"}, "volume 'disk' is unknown; allowed: none, blob, file"),
    "a volume without account": ({"volume": "blob", "volume-name": "datasets"}, "volume name 'datasets'"),
    "a name without a volume": ({"volume-name": "a123/datasets"}, "the volume is none"),
    "a pool of two words": ({"node-pool": "big pool"}, "node pool 'big pool'"),
}
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the command reads and writes."""
    for name in ("sids_core", "sids_service", "sids_tools", "blueprints", "infra/k8s"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture
def command(copy: Path) -> Command:
    def run(options: Sequence[str] = (), given: str = "", name: str = "service") -> "subprocess.CompletedProcess[str]":
        line = [sys.executable, "-m", "sids_tools", name, *options]
        return subprocess.run(line, cwd=copy, input=given, capture_output=True, text=True, check=False, timeout=60)

    return run


def as_options(**changed: str) -> list[str]:
    values = {**OPTIONS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return [part for name, value in values.items() for part in (f"--{name}", value)]


def state(copy: Path) -> dict[str, str]:
    files = (path for path in (copy / "infra").rglob("*") if path.is_file())
    return {str(path.relative_to(copy)): path.read_text() for path in files}


def test_options_write_a_service_that_renders(command: Command, copy: Path, render: Render) -> None:
    result = command(as_options(volume="blob", volume_name="stdata1/datasets", node_pool="big"))
    assert (result.returncode, result.stderr) == (0, "")
    manifests = tuple(yaml.safe_load_all(render((copy / "infra/k8s" / OVERLAY).parent)))
    deployment = next(m for m in of_kind(manifests, "Deployment") if m["metadata"]["name"] == "http-sample")
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    assert (environment["MODEL_SERVICE"], environment["DATASET_PATH"]) == ("sampleapi", "/datasets")
    assert environment["DATASET_CONTAINER_URL"] == ""
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "2Gi"}
    assert pod["nodeSelector"] == {"sids/pool": "big"}
    volume = next(m for m in of_kind(manifests, "PersistentVolume"))
    assert volume["spec"]["csi"]["volumeAttributes"]["storageAccount"] == "stdata1"
    scaled = next(m for m in of_kind(manifests, "ScaledObject") if m["metadata"]["name"] == "http-sample")
    assert scaled["spec"]["scaleTargetRef"]["name"] == "http-sample"
    ingress = next(m for m in of_kind(manifests, "Ingress") if m["metadata"]["name"] == "http-sample")
    path = ingress["spec"]["rules"][0]["http"]["paths"][0]
    assert (path["path"], path["backend"]["service"]["name"]) == ("/sampleapi", "http-sample")


def test_what_is_not_given_is_asked_for(command: Command, copy: Path) -> None:
    result = command(given="".join(f"{OPTIONS[name]}\n" for name in ASKED))
    assert result.returncode == 0, result.stderr
    for question in ("Service name", "Model", "Shared volume", "CPU request", "Memory limit", "Node pool"):
        assert question in result.stdout
    assert (copy / "infra/k8s/services/sample/deployment.yaml").exists()


def test_a_file_share_is_asked_for_by_name(command: Command, copy: Path) -> None:
    given = "".join(f"{'file' if name == 'volume' else OPTIONS[name]}\n" for name in ASKED) + "stfiles/datasets\n"
    assert command(given=given, name="new-service").returncode == 0  # the name of version 0.2
    assert "shareName: datasets" in (copy / "infra/k8s/services/sample/volume.yaml").read_text()


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_one_line(command: Command, copy: Path, case: str) -> None:
    changed, reason = REFUSED[case]
    before = state(copy)
    result = command(as_options(**changed))
    assert (result.returncode, result.stderr.count("\n")) == (2, 1), result.stderr
    assert reason in result.stderr
    assert state(copy) == before


def test_an_overlay_that_cannot_be_written_leaves_nothing(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    before = state(copy)
    monkeypatch.setattr(Path, "replace", refuse)
    service = Service("sample", "sampleapi", "none", "", "500m", "2", "1Gi", "2Gi", "")
    with pytest.raises(OSError, match="No space left"):
        write_service(service, function_list("http", "sampleapi", functions_of("sampleapi")), copy / "infra/k8s")
    assert state(copy) == before


def test_an_overlay_without_resources_is_refused(copy: Path) -> None:
    overlay = copy / "infra/k8s" / OVERLAY
    overlay.write_text("kind: Kustomization\n")
    service = Service("sample", "sampleapi", "none", "", "500m", "2", "1Gi", "2Gi", "")
    with pytest.raises(ConfigurationError, match="no list `resources:`"):
        write_service(service, "", copy / "infra/k8s")
    assert not (copy / "infra/k8s/services/sample").exists()


@pytest.mark.parametrize(("text", "cores"), [("2", 2), ("0.5", 0.5), ("500m", 0.5), ("1500m", 1.5)])
def test_cores(text: str, cores: float) -> None:
    assert cpu_cores(text) == cores


@pytest.mark.parametrize(("text", "amount"), [("512Mi", 2**29), ("1.5Gi", 1.5 * 2**30)])
def test_bytes(text: str, amount: float) -> None:
    assert memory_bytes(text) == amount
