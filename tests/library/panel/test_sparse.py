"""Values without their missing cells answer every index as the array would."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sids_core.panel.sparse import SparseValues, known_by_year

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 30))


def _both(shape: tuple[int, int, int], seed: int, share: float) -> tuple[SparseValues, np.ndarray]:
    generator = np.random.default_rng(seed)
    array = generator.normal(size=shape)
    array[generator.random(shape) < share] = np.nan
    array.reshape(-1)[:1] = -0.0
    return SparseValues.of(shape, iter(array)), array


@given(SHAPES, st.integers(0, 1000), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_every_index_gives_what_the_array_gives(shape: tuple[int, int, int], seed: int, share: float) -> None:
    sparse, array = _both(shape, seed, share)
    generator = np.random.default_rng(seed)
    years, rows, columns = (generator.integers(-size, size, 50) for size in shape)
    year, row, column = int(years[0]), int(rows[0]), int(columns[0])
    for index in (
        year,
        (year, row, column),
        (year, slice(None), column),
        (slice(None), slice(None), column),
        (slice(None), row, slice(None)),
        (slice(None), row, column),
        (slice(None), slice(None), slice(None)),
        (years, rows, columns),
        (year, rows, columns),
        (year, row, columns),
        (years[:, None], rows, column),
        slice(0, 2),
        (slice(None), rows),
        (slice(None), slice(None), columns),
        np.isnan(array),
        ...,
    ):
        np.testing.assert_array_equal(sparse[index], array[index])
    np.testing.assert_array_equal(list(sparse), array)
    assert (len(sparse), sparse.shape) == (len(array), array.shape)
    assert np.array(sparse).tobytes() == np.where(np.isnan(array), np.nan, array).tobytes()


@given(SHAPES, st.integers(0, 1000), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_the_cells_with_a_value_in_each_year_are_those_of_the_array(
    shape: tuple[int, int, int], seed: int, share: float
) -> None:
    sparse, array = _both(shape, seed, share)
    rows, columns = (np.random.default_rng(seed + axis).integers(0, shape[axis], 50) for axis in (1, 2))
    expected = np.isfinite(array[:, rows, columns])
    for values in (sparse, array):
        np.testing.assert_array_equal(list(known_by_year(values, rows, columns)), expected)


@pytest.mark.parametrize("index", [3, -4, (0, 5, 0), (slice(None), 0, 9), ([0, 3], 0, 0)])
def test_an_index_beyond_the_array_is_an_error(index: object) -> None:
    sparse, _ = _both((3, 5, 9), 1, 0.5)
    with pytest.raises(IndexError):
        sparse[index]
