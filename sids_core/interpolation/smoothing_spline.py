"""Smoothing splines that never end the process, with the values of `scipy.interpolate.UnivariateSpline`.

Dierckx (1993), Curve and Surface Fitting with Splines, chapters 4 and 5: as few knots as reach the sum of squared
residuals, then the smallest jumps of the highest derivative for that sum. scipy's compiled version of the same
algorithm reads beyond its memory where every interval with a point left to become a knot is fitted exactly, as in long
runs of zeros with a spike (`tests/library/interpolation/test_smoothing_spline.py` compares both).
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.interpolate import BSpline

Values = NDArray[np.float64]

TOLERANCE = 1e-3
"""Largest difference between the sum of squared residuals and its bound, as a share of the bound."""

MAX_ITERATIONS = 20
"""Trial values of the weight of smoothness."""


def fit_smoothing_spline(x: Values, y: Values, degree: int) -> "BSpline":
    """The smoothing spline whose squared residuals sum up to the number of points.

    Args:
        x: ascending, more than `degree` values.
        y: one value for each.
        degree: of the polynomials.

    >>> x = np.arange(6.0)
    >>> fit_smoothing_spline(x, 2 * x + 1, 1)(np.array([2.5, 7.0])).round(6)
    array([ 6., 15.])
    """
    bound = float(len(x))
    knots, polynomial_error = _choose_knots(x, y, degree, bound)
    spline, error = _least_squares(x, y, knots, degree)
    if len(knots) == 2 * (degree + 1) or abs(error - bound) < TOLERANCE * bound or error > bound:
        return spline
    return _smoothed(x, y, knots, degree, bound, polynomial_error - bound, error - bound)


def _choose_knots(x: Values, y: Values, degree: int, bound: float) -> tuple[Values, float]:
    """The knots, and the sum of squared residuals of a polynomial.

    At half as many knots as there are points, where `UnivariateSpline` enlarges its memory, one knot is added alone.
    """
    fewest, most = 2 * (degree + 1), len(x) + degree + 1
    pause = max(len(x) // 2, fewest)
    knots = np.repeat(x[[0, -1]], degree + 1)
    added, before, polynomial_error = 0, 0.0, 0.0
    while True:
        spline, error = _least_squares(x, y, knots, degree)
        if len(knots) == fewest:
            polynomial_error = error
        if error - bound < TOLERANCE * bound or len(knots) >= most:
            return knots, polynomial_error
        if len(knots) in (fewest, pause):
            added = 1
        else:
            gained = before - error
            expected = int(added * (error - bound) / gained) if gained > TOLERANCE * bound else 2 * added
            added = min(2 * added, max(expected, added // 2, 1))
        before = error
        limit = pause if len(knots) < pause else most
        knots = _insert_knots(x, (y - spline(x)) ** 2, knots, degree, min(limit, len(knots) + added))
        if len(knots) == most:
            return _knots_of_interpolation(x, degree), polynomial_error


def _insert_knots(x: Values, squared: Values, knots: Values, degree: int, count: int) -> Values:
    """Add knots until there are `count`: each at the middle point of the interval with the largest residuals.

    An interval's sum is split in proportion to its points instead of fitting again.
    """
    inner = np.searchsorted(x, knots[degree + 1 : -degree - 1])
    ends = [0, *inner.tolist(), len(x) - 1]
    halved = squared.copy()
    halved[inner] /= 2
    parts = [(float(halved[first : last + 1].sum()), first, last) for first, last in pairwise(ends)]
    while len(parts) < count - 2 * degree - 1:
        at = max((at for at, (_, first, last) in enumerate(parts) if last - first > 1), key=lambda at: parts[at][0])
        residuals, first, last = parts[at]
        points = last - first - 1
        middle = first + points // 2 + 1
        parts[at : at + 1] = [
            (residuals * (middle - first - 1) / points, first, middle),
            (residuals * (last - middle - 1) / points, middle, last),
        ]
    return np.concatenate([knots[: degree + 1], x[[last for *_, last in parts[:-1]]], knots[-degree - 1 :]])


def _knots_of_interpolation(x: Values, degree: int) -> Values:
    from scipy.interpolate import make_interp_spline

    knots: Values = make_interp_spline(x, x, degree).t
    return knots


def _least_squares(x: Values, y: Values, knots: Values, degree: int) -> tuple["BSpline", float]:
    """The spline with the smallest sum of squared residuals, and that sum."""
    return _solved(x, y, knots, degree, np.empty((0, len(knots) - degree - 1)))


def _solved(x: Values, y: Values, knots: Values, degree: int, penalty: Values) -> tuple["BSpline", float]:
    from scipy.interpolate import BSpline

    basis = BSpline.design_matrix(x, knots, degree).toarray()
    orthogonal, triangular = np.linalg.qr(np.concatenate([basis, penalty]))
    coefficients = np.linalg.solve(triangular, orthogonal[: len(y)].T @ y)
    return BSpline(knots, coefficients, degree), float(((y - basis @ coefficients) ** 2).sum())


def _smoothed(
    x: Values, y: Values, knots: Values, degree: int, bound: float, excess_of_polynomial: float, excess: float
) -> "BSpline":
    """The spline whose sum of squared residuals is the bound, by rational interpolation of the sum.

    The weight of the residuals against smoothness lies between 0 (a polynomial) and infinity (least squares).
    """
    from scipy.interpolate import BSpline

    jumps = _jumps(knots, degree)
    basis = BSpline.design_matrix(x, knots, degree).toarray()
    weight = (len(knots) - degree - 1) / np.abs(np.diag(np.linalg.qr(basis)[1])).sum()
    low, high = (0.0, excess_of_polynomial), (np.inf, excess)
    above, below = False, False
    for _ in range(MAX_ITERATIONS):
        spline, error = _solved(x, y, knots, degree, jumps / weight)
        found = weight, error - bound
        if abs(found[1]) < TOLERANCE * bound:
            break
        if not below and found[1] - high[1] <= TOLERANCE * bound:
            high, weight = found, weight * 0.04
            weight = weight if weight > low[0] else 0.9 * low[0] + 0.1 * high[0]
            continue
        below |= found[1] < 0
        if not above and low[1] - found[1] <= TOLERANCE * bound:
            low, weight = found, weight / 0.04
            weight = weight if weight < high[0] else 0.1 * low[0] + 0.9 * high[0]
            continue
        above |= found[1] > 0
        if not high[1] < found[1] < low[1]:
            break
        weight = _zero_of_rational(low, found, high)
        low, high = (low, found) if found[1] < 0 else (found, high)
    return spline


def _zero_of_rational(low: tuple[float, float], middle: tuple[float, float], high: tuple[float, float]) -> float:
    """The zero of (u·x + v)/(x + w) through three points; the last one may lie at infinity."""
    (x1, y1), (x2, y2), (x3, y3) = low, middle, high
    if np.isinf(x3):
        return (x1 * (y1 - y3) * y2 - x2 * (y2 - y3) * y1) / ((y1 - y2) * y3)
    h1, h2, h3 = y1 * (y2 - y3), y2 * (y3 - y1), y3 * (y1 - y2)
    return -(x1 * x2 * h3 + x2 * x3 * h1 + x3 * x1 * h2) / (x1 * h1 + x2 * h2 + x3 * h3)


def _jumps(knots: Values, degree: int) -> Values:
    """Jumps of the highest derivative at the inner knots (inner knots, coefficients), without dimension."""
    inner = knots[degree + 1 : -degree - 1]
    jumps = np.zeros((len(inner), len(knots) - degree - 1))
    unit = (knots[-1] - knots[0]) / (len(inner) + 1)
    for row, knot in enumerate(inner):
        for column in range(row, row + degree + 2):
            around = knots[column : column + degree + 2]
            others = (knot - np.delete(around, row + degree + 1 - column)) / unit
            jumps[row, column] = (around[-1] - around[0]) / unit / others.prod()
    return jumps
