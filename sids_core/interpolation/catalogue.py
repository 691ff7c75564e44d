"""What can be interpolated: indicators and countries with figures, and the methods."""

import numpy as np

from sids_core.interpolation.methods import METHODS, Method
from sids_core.interpolation.schemas import LARGEST_ORDER, MethodDescription
from sids_core.panel.panel import Panel


def targets(panel: Panel) -> dict[str, str]:
    """Code → name and dimension of the indicators that a SIDS has a figure of in any year."""
    found = np.zeros(len(panel.indicators), dtype=np.bool_)
    for figures in panel.values:  # year by year, since a copy of all figures would be large
        found |= np.isfinite(figures[panel.is_sids]).any(axis=0)
    return {panel.indicators[column].code: panel.indicators[column].label for column in np.flatnonzero(found)}


def countries(panel: Panel, target: str) -> list[str]:
    """The SIDS with a figure of the indicator in any year, ascending; UnknownValueError for an unknown indicator."""
    panel.indicator(target)
    present = np.isfinite(panel.values[:, :, panel.indicator_index[target]]).any(axis=0) & panel.is_sids
    return [panel.countries[row] for row in np.flatnonzero(present)]


def methods() -> list[MethodDescription]:
    """The methods, with what they need."""
    return [
        MethodDescription(
            value=name,
            label=method.label,
            takes_d=method.takes_order,
            fewest_observations=_fewest(method),
            outside=method.outside,
        )
        for name, method in METHODS.items()
    ]


def _fewest(method: Method) -> dict[str, int] | int:
    if not method.takes_order:
        return method.fewest
    return {str(order): method.fewest_observations(order) for order in range(1, LARGEST_ORDER + 1)}
