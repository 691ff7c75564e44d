"""What a model's endpoints are built from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sids_core.jobs.runs import Runs

if TYPE_CHECKING:  # the dataset brings NumPy with it, which the first answer need not wait for
    from sids_core.data.dataset import Dataset
    from sids_core.settings import Settings


@dataclass(frozen=True)
class Context:
    """The operator's settings, and the dataset that is served."""

    settings: Settings
    dataset: Dataset

    @cached_property
    def runs(self) -> Runs:
        """The runs of this process, bounded as the operator has set it."""
        return Runs.of(self.settings)
