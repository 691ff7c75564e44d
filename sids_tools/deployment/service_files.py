"""The manifests of a service, written completely or not at all."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template
from tempfile import NamedTemporaryFile, TemporaryDirectory

from sids_service.errors import ConfigurationError
from sids_tools.deployment.service import ACCOUNT_AND_NAME, Service

TEMPLATES = Path(__file__).parent / "templates"
OVERLAY = "overlays/one-service-per-model/kustomization.yaml"
RESOURCES = re.compile(r"^resources:\n(  - \S+\n)+", re.MULTILINE)
MODEL = "MODEL_SERVICE={model}."


def write_service(service: Service, function_list: str, k8s: Path) -> list[Path]:
    """Write the service's folder and name it in the overlay `one-service-per-model`.

    Args:
        service: checked.
        function_list: content of its `functions.env`.
        k8s: the folder infra/k8s.

    Returns:
        What was written, relative to `k8s`.

    Raises:
        ConfigurationError: the service or one for its model exists; nothing was written.
        OSError: a file cannot be written; nothing is left behind.
    """
    _refuse_duplicates(service, k8s)
    overlay = k8s / OVERLAY
    extended = _with_resource(overlay, f"../../services/{service.name}")
    files = {**render(service), "functions.env": function_list}
    target = k8s / "services" / service.name
    with TemporaryDirectory(dir=target.parent, prefix=".new-service-") as scratch:
        folder = Path(scratch) / service.name
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        folder.rename(target)
    try:
        _replace(overlay, extended)
    except OSError:
        shutil.rmtree(target)
        raise
    return [Path("services") / service.name / name for name in sorted(files)] + [Path(OVERLAY)]


def render(service: Service) -> Mapping[str, str]:
    """File name → content of the service's manifests, without its list of functions."""
    words = {
        "name": service.name,
        "model": service.model,
        "cpu": service.cpu,
        "cpu_limit": service.cpu_limit,
        "memory": service.memory,
        "memory_limit": service.memory_limit,
        "volume_resource": "",
        "environment": "",
        "mount": "",
        "volume": "",
        "placement": "",
    }
    if service.node_pool:
        words["placement"] = _template("placement.txt", {"pool": service.node_pool})
    files = {}
    if found := ACCOUNT_AND_NAME.fullmatch(service.volume_name):
        place = {"name": service.name, "account": found["account"], "source": found["name"]}
        files["volume.yaml"] = _template(f"volume-{service.volume}.txt", place)
        words["volume_resource"] = "  - volume.yaml\n"
        for part in ("environment", "mount", "volume"):
            words[part] = _template(f"{part}.txt", {})
    for name in ("kustomization", "deployment"):
        files[f"{name}.yaml"] = _template(f"{name}.txt", words)
    return files


def _refuse_duplicates(service: Service, k8s: Path) -> None:
    services = k8s / "services"
    if (services / service.name).exists():
        taken = ", ".join(sorted(path.name for path in services.iterdir() if path.is_dir()))
        raise ConfigurationError(f"there is a service {service.name!r} already; taken: {taken}")
    for listed in sorted(services.glob("*/functions.env")):
        if MODEL.format(model=service.model) in listed.read_text(encoding="utf-8"):
            raise ConfigurationError(f"model {service.model!r} has a service already: {listed.parent.name}")


def _template(name: str, words: Mapping[str, str]) -> str:
    return Template((TEMPLATES / name).read_text(encoding="utf-8")).substitute(words)


def _with_resource(overlay: Path, resource: str) -> str:
    text = overlay.read_text(encoding="utf-8")
    found = RESOURCES.search(text)
    if found is None:
        raise ConfigurationError(f"{overlay} has no list `resources:` to add the service to")
    return f"{text[: found.end()]}  - {resource}\n{text[found.end() :]}"


def _replace(path: Path, text: str) -> None:
    with NamedTemporaryFile("w", dir=path.parent, prefix=".new-", delete=False, encoding="utf-8") as file:
        file.write(text)
    Path(file.name).chmod(path.stat().st_mode)
    try:
        Path(file.name).replace(path)
    except OSError:
        Path(file.name).unlink()
        raise
