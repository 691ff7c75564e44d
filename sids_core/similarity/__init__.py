"""Similarity of the SIDS: correlation between countries, and clusters of countries.

This module loads no numerical library, so that a service can list the coefficients cheaply.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A correlation coefficient.

    Attributes:
        label: shown to people.
        of_ranks: whether it compares ranks instead of values.
    """

    label: str
    of_ranks: bool


COEFFICIENTS: Mapping[str, Coefficient] = MappingProxyType(
    {
        "pearson": Coefficient("Pearson", of_ranks=False),
        "spearman": Coefficient("Spearman (ranks)", of_ranks=True),
    }
)
