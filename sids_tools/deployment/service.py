"""A service of one model on Kubernetes: what an operator decides about it, checked."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from sids_service.errors import ConfigurationError
from sids_tools.deployment.quantities import cpu_cores, memory_bytes

NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")
POOL = re.compile(r"[a-z][a-z0-9]{0,11}")
ACCOUNT_AND_NAME = re.compile(r"(?P<account>[a-z0-9]{3,24})/(?P<name>[a-z0-9](-?[a-z0-9]){2,62})")
RESERVED = frozenset({"all", "http", "worker"})
VOLUMES = ("none", "blob", "file")


@dataclass(frozen=True)
class Service:
    """A service that serves one model.

    Args:
        name: of the service and its folder.
        model: what MODEL_SERVICE is set to; also the path.
        volume: the datasets' volume: none, blob or file.
        volume_name: `<storage account>/<container or share>`; empty where there is no volume.
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
        """Raise ConfigurationError, which names the value and what is allowed, if it cannot be deployed."""
        if not NAME.fullmatch(self.name) or self.name in RESERVED:
            raise ConfigurationError(
                f"a service cannot be named {self.name!r}: at most 20 lower-case letters, digits and -, a letter "
                f"first, and none of {', '.join(sorted(RESERVED))}"
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
                f"node pool {self.node_pool!r}: a name of AKS, at most 12 lower-case letters and digits, a letter first"
            )

    def _check_volume(self) -> None:
        if self.volume not in VOLUMES:
            raise ConfigurationError(f"volume {self.volume!r} is unknown; allowed: {', '.join(VOLUMES)}")
        if self.volume == "none" and self.volume_name:
            raise ConfigurationError(f"a volume is named ({self.volume_name}), but the volume is none")
        if self.volume != "none" and not ACCOUNT_AND_NAME.fullmatch(self.volume_name):
            raise ConfigurationError(
                f"volume name {self.volume_name!r}: <storage account>/<container or share>, as in stdata1/datasets"
            )
