"""What all imputations of a batch have in common, so that years of different origin are never mixed in a file."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from sids_core import __version__
from sids_service.batch.plan import BatchPlan
from sids_service.dashboard import OPTIONS
from sids_service.errors import ConfigurationError


class Origin(BaseModel):
    """Data, code and options of every imputation of a batch.

    Attributes:
        dataset_version: version of the panel.
        service_version: version of the code.
        options: the configuration, under the dashboard's names where it has one, and the form of the files.
    """

    dataset_version: str
    service_version: str
    options: dict[str, Any]

    @classmethod
    def of(cls, plan: BatchPlan) -> "Origin":
        """The origin of what a plan computes."""
        options = {OPTIONS.get(field, field): value for field, value in asdict(plan.config).items()}
        options |= {"selection_years": plan.selection_years, "correlation": plan.correlation}
        return cls(dataset_version=plan.dataset_version, service_version=__version__, options=options)

    def check_same(self, found: "Origin", place: str) -> None:
        """Refuse to add to what is of another origin.

        Raises:
            ConfigurationError: the data, the code or an option differs; the message names each with both values.
        """
        here, there = self.values, found.values
        differences = [
            f"{name} is {there.get(name, 'not recorded')} there and {value} here"
            for name, value in here.items()
            if there.get(name) != value
        ]
        if differences:
            raise ConfigurationError(
                f"{place} in --out is of another batch, and years of both cannot be in one file: "
                f"{'; '.join(differences)}. Choose another --name"
            )

    @property
    def values(self) -> dict[str, Any]:
        """Every value by name."""
        versions = {"dataset_version": self.dataset_version, "service_version": self.service_version}
        return {**versions, **self.options}
