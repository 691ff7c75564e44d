"""How similar the SIDS are: correlation between two countries, and clusters of all of them.

This module loads no numerical library: a service reads the coefficients' names before it computes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A correlation coefficient.

    Attributes:
        label: for people.
        of_ranks: whether it compares the ranks of the values instead of the values.
    """

    label: str
    of_ranks: bool


COEFFICIENTS: Mapping[str, Coefficient] = MappingProxyType(
    {
        "pearson": Coefficient("Pearson", of_ranks=False),
        "spearman": Coefficient("Spearman (ranks)", of_ranks=True),
    }
)
