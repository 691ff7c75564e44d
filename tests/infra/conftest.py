"""Shared by the checks of the deployment files: manifests as Kubernetes would get them."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tools import PROJECT

K8S = PROJECT / "infra" / "k8s"
COMPONENTS = ("datasets-blob", "datasets-file", "function-keys")
OVERLAYS = ("dev", "production", "one-service-per-model")
Manifests = tuple[Mapping[str, Any], ...]
Render = Callable[[Path], str]


@pytest.fixture(scope="session")
def render() -> Render:
    """From the folder of an overlay to its manifests, as text."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip(
            "there is no kubectl, and no package of PyPI or npm that renders for every Python here carries kustomize"
        )

    def rendered(folder: Path) -> str:
        result = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    return rendered


@pytest.fixture(scope="session")
def overlays(render: Render, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Name of each overlay, and of each component in the overlay dev → a file with its manifests."""
    folder = tmp_path_factory.mktemp("rendered")
    copy = folder / "k8s"
    shutil.copytree(K8S, copy)
    sources = {name: K8S / "overlays" / name for name in OVERLAYS}
    for component in COMPONENTS:
        target = copy / "overlays" / component
        shutil.copytree(copy / "overlays" / "dev", target)
        kustomization = target / "kustomization.yaml"
        kustomization.write_text(f"{kustomization.read_text()}components:\n  - ../../components/{component}\n")
        sources[component] = target
    files = {}
    (folder / "rendered").mkdir()
    for name, source in sources.items():
        files[name] = folder / "rendered" / f"{name}.yaml"
        files[name].write_text(render(source))
    return files


@pytest.fixture(scope="session")
def manifests(overlays: Mapping[str, Path]) -> Mapping[str, Manifests]:
    return {name: tuple(yaml.safe_load_all(path.read_text())) for name, path in overlays.items()}


def of_kind(manifests: Manifests, kind: str) -> list[Mapping[str, Any]]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def containers(manifests: Manifests) -> list[Mapping[str, Any]]:
    pods = [deployment["spec"]["template"]["spec"] for deployment in of_kind(manifests, "Deployment")]
    return [container for pod in pods for key in ("containers", "initContainers") for container in pod.get(key, ())]
