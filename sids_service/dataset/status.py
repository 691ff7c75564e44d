"""How a dataset stands, for operators and for /ready."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """What an operator wants to know of the dataset.

    Attributes:
        ready: whether there is a panel.
        source: the folder or container.
        version: the panel's; empty without one, as the counts are 0.
        rows: rows of figures.
        countries: countries of the panel, every SIDS among them.
        indicators: indicators with a row of figures.
        years: years of the panel.
        files: names of the files.
        loaded_at: when this version was loaded (UTC); None without a panel.
        age_seconds: how long ago that was; None without a panel.
        repairs: how many places were repaired, by kind.
        error: what the last look at the source failed with; empty after a successful one. A version that was refused
            stays named here until the source changes.
    """

    ready: bool
    source: str
    version: str = ""
    rows: int = 0
    countries: int = 0
    indicators: int = 0
    years: int = 0
    files: tuple[str, ...] = ()
    loaded_at: datetime | None = None
    age_seconds: float | None = None
    repairs: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    error: str = ""
