"""What the grid search tries of an ensemble, beside the ensemble itself."""

from dataclasses import dataclass

Depth = int | None
"""Largest depth of a tree; None grows on until the nodes are pure or too small to split."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of an ensemble's grid.

    Attributes:
        depth: the trees'.
        regresses: whether a regression inside the leaves predicts, instead of their mean.
    """

    depth: Depth
    regresses: bool = False
