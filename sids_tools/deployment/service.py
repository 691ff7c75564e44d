"""A Kubernetes service for one model: checks the operator's choices and writes the manifests."""

import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from sids_core.files import write_file
from sids_service.errors import ConfigurationError

TEMPLATES = Path(__file__).parent / "templates"
OVERLAY = "overlays/one-service-per-model/kustomization.yaml"
RESOURCES = re.compile(r"^resources:\n(  - \S+\n)+", re.MULTILINE)
MODEL = "MODEL_SERVICE={model}."
NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")
POOL = re.compile(r"[a-z][a-z0-9]{0,11}")
ACCOUNT_AND_NAME = re.compile(r"(?P<account>[a-z0-9]{3,24})/(?P<name>[a-z0-9](-?[a-z0-9]){2,62})")
RESERVED = frozenset({"all", "http", "worker"})
VOLUMES = ("none", "blob", "file")
CPU = re.compile(r"(?P<number>\d+(\.\d{1,3})?)(?P<unit>m?)")
MEMORY = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>Mi|Gi)")
BYTES = {"Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True)
class Service:
    """A service of one model.

    Args:
        name: name of the service and its folder.
        model: what MODEL_SERVICE is set to; also the path.
        volume: the datasets' volume: none, blob or file.
        volume_name: `<storage account>/<container or share>`; empty without a volume.
        cpu, cpu_limit, memory, memory_limit: Kubernetes quantities.
        node_pool: a pool of `extraPools` in infra/bicep/aks.bicep; empty: any node.
    """

    name: str
    model: str
    volume: str
    volume_name: str
    cpu: str
    cpu_limit: str
    memory: str
    memory_limit: str
    node_pool: str

    def check(self, models: Collection[str]) -> None:
        """Raise ConfigurationError, naming the value and the allowed ones, if the service cannot be deployed."""
        if not NAME.fullmatch(self.name) or self.name in RESERVED:
            raise ConfigurationError(
                f"{self.name!r} is not a valid service name: at most 20 lower-case letters, digits and -, starting "
                f"with a letter, and not {', '.join(sorted(RESERVED))}"
            )
        if self.model not in models:
            raise ConfigurationError(f"model {self.model!r} is unknown; allowed: {', '.join(models)}")
        self._check_volume()
        if cpu_cores(self.cpu) > cpu_cores(self.cpu_limit):
            raise ConfigurationError(f"the CPU request {self.cpu} is above its limit {self.cpu_limit}")
        if memory_bytes(self.memory) > memory_bytes(self.memory_limit):
            raise ConfigurationError(f"the memory request {self.memory} is above its limit {self.memory_limit}")
        if self.node_pool and not POOL.fullmatch(self.node_pool):
            raise ConfigurationError(
                f"node pool {self.node_pool!r} is not a valid AKS name: at most 12 lower-case letters and digits, "
                "starting with a letter"
            )

    def _check_volume(self) -> None:
        if self.volume not in VOLUMES:
            raise ConfigurationError(f"volume {self.volume!r} is unknown; allowed: {', '.join(VOLUMES)}")
        if self.volume == "none" and self.volume_name:
            raise ConfigurationError(f"volume name {self.volume_name!r} is given, but the volume is none")
        if self.volume != "none" and not ACCOUNT_AND_NAME.fullmatch(self.volume_name):
            raise ConfigurationError(
                f"volume name {self.volume_name!r} is not <storage account>/<container or share>, "
                "such as stdata1/datasets"
            )


def cpu_cores(text: str) -> float:
    """Cores of a Kubernetes quantity such as `500m` or `2`; ConfigurationError unless it is positive."""
    found = CPU.fullmatch(text)
    if found is None or float(found["number"]) == 0 or (found["unit"] and "." in found["number"]):
        raise ConfigurationError(f"{text!r} is not a CPU quantity; allowed: cores (2, 0.5) or thousandths (500m)")
    return float(found["number"]) / (1000 if found["unit"] else 1)


def memory_bytes(text: str) -> float:
    """Bytes of a Kubernetes quantity such as `512Mi` or `2Gi`; ConfigurationError unless it is positive."""
    found = MEMORY.fullmatch(text)
    if found is None or float(found["number"]) == 0:
        raise ConfigurationError(f"{text!r} is not a memory quantity; allowed: a number with Mi or Gi (512Mi, 2Gi)")
    return float(found["number"]) * BYTES[found["unit"]]


def write_service(service: Service, function_list: str, k8s: Path) -> list[Path]:
    """Write the service's folder and add it to the overlay `one-service-per-model`, completely or not at all.

    Args:
        service: checked.
        function_list: content of its `functions.env`.
        k8s: the folder infra/k8s.

    Returns:
        The files written, relative to `k8s`.

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
        write_file(overlay, extended.encode())
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
        raise ConfigurationError(f"service {service.name!r} exists already; existing services: {taken}")
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
