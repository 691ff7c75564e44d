"""The values of a panel without its missing cells, which are most of them: a fifth of the memory of the full array."""

from collections.abc import Iterable, Iterator
from typing import Any, cast, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

WORD = 64
FEW = 16
"""Cells of a year are looked up one by one if they are less than this share (1 / FEW) of it; else it is made whole."""


class SparseValues:
    """Read-only float64 (years, countries, indicators), NaN where missing; indexed like an array.

    A bit per cell says whether it has a value, and the values stand in the order of their cells. One year
    (`values[3]`), a series (`values[:, 4, 5]`) or single cells (`values[years, rows, columns]`) are made without the
    whole array; any other index makes it first.

    Args:
        shape: years, countries, indicators.
        words: uint64 (years, words), the bits of a year's cells, lowest first.
        values: float64, all values.
    """

    dtype = np.dtype(np.float64)
    ndim = 3

    def __init__(self, shape: tuple[int, int, int], words: NDArray[np.uint64], values: NDArray[np.float64]) -> None:
        self.shape = shape
        self.words = words
        self.values = values
        counts = np.bitwise_count(words)
        before = np.cumsum(counts, dtype=np.uint32).reshape(words.shape) - counts
        self._before: NDArray[np.uint32] = before.astype(np.uint32)
        self._firsts = np.append(self._before[:, 0], len(values)).astype(np.intp)

    @classmethod
    def of(cls, shape: tuple[int, int, int], slices: Iterable[NDArray[np.float64]]) -> "SparseValues":
        """The values of the years' slices (countries, indicators)."""
        words = np.zeros((shape[0], words_of(shape)), dtype=np.uint64)
        parts = []
        for year, slice_ in enumerate(slices):
            known = ~np.isnan(slice_.reshape(-1))
            bits = np.packbits(known, bitorder="little")
            words[year].view(np.uint8)[: len(bits)] = bits
            parts.append(slice_.reshape(-1)[known])
        return cls(shape, words, np.concatenate(parts))

    def as_array(self) -> NDArray[np.float64]:
        """Itself, as what it is used like."""
        return cast("NDArray[np.float64]", self)

    def year_values(self, year: int) -> NDArray[np.float64]:
        """The values of a year in the order of their cells, without the missing ones."""
        return self.values[self._firsts[year] : self._firsts[year + 1]]

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[NDArray[np.float64]]:
        return map(self._year, range(len(self)))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The whole array, always a new one."""
        if copy is False:
            raise ValueError("the array is made, and cannot be had without")
        return np.stack(list(self)).astype(dtype or self.dtype, copy=False)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float64]: ...
    @overload
    def __getitem__(self, index: Any) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int | np.integer):
            return self._year(int(index))
        if isinstance(index, tuple) and len(index) == self.ndim:
            if all(_is_whole(part) or isinstance(part, int | np.integer) for part in index):
                return self._block(index)
            if not any(isinstance(part, slice) for part in index) and all(map(_is_numbers, index)):
                return self._cells(*index)
        return np.asarray(self)[index]

    def _year(self, year: int) -> NDArray[np.float64]:
        year = range(len(self))[year]
        cells = self.shape[1] * self.shape[2]
        known = np.unpackbits(self.words[year].view(np.uint8), count=cells, bitorder="little").view(np.bool_)
        slice_ = np.full(cells, np.nan)
        slice_[known] = self.year_values(year)
        slice_.flags.writeable = False
        return slice_.reshape(self.shape[1:])

    def _block(self, index: tuple[Any, ...]) -> Any:
        """Whole axes and single positions: of one year its slice, else every cell by itself."""
        if not isinstance(index[0], slice):
            return self._year(int(index[0]))[index[1:]]
        if isinstance(index[1], slice) and isinstance(index[2], slice):
            return np.asarray(self)
        axes = [
            np.arange(size) if isinstance(part, slice) else part for part, size in zip(index, self.shape, strict=True)
        ]
        whole = [axis for axis, part in enumerate(index) if isinstance(part, slice)]
        for number, axis in enumerate(whole):
            axes[axis] = axes[axis].reshape([-1 if other == number else 1 for other in range(len(whole))])
        return self._look_up(*axes)

    def _cells(self, year: Any, row: Any, column: Any) -> Any:
        few = np.broadcast(row, column).size * FEW < self.shape[1] * self.shape[2]
        if few or np.ndim(year):
            return self._look_up(year, row, column)
        return self._year(int(year))[row, column]

    def _look_up(self, year: Any, row: Any, column: Any) -> Any:
        year, row, column = (_positions(part, size) for part, size in zip((year, row, column), self.shape, strict=True))
        cell = row * self.shape[2] + column
        place = (year, cell // WORD)
        words, bit = self.words[place], (cell % WORD).astype(np.uint64)
        lower = (np.uint64(1) << bit) - np.uint64(1)
        rank = self._before[place] + np.bitwise_count(words & lower)
        known = (words >> bit) & np.uint64(1) == 1
        return np.where(known, self.values[np.where(known, rank, 0)], np.nan)


def known_by_year(
    values: NDArray[np.float64] | SparseValues, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> Iterator[NDArray[np.bool_]]:
    """For each year of an array or of sparse values, which of the cells in the rows and columns have a value."""
    if not isinstance(values, SparseValues):
        yield from (np.isfinite(slice_[rows, columns]) for slice_ in values)
        return
    cell = rows * values.shape[2] + columns
    word, bit = cell // WORD, (cell % WORD).astype(np.uint64)
    for words in values.words:
        yield (words.take(word) >> bit) & np.uint64(1) == 1


def words_of(shape: tuple[int, int, int]) -> int:
    """Number of words that hold the bits of a year."""
    return -(-shape[1] * shape[2] // WORD)


def _is_whole(part: object) -> bool:
    return isinstance(part, slice) and part == slice(None)


def _is_numbers(part: object) -> bool:
    return np.asarray(part).dtype.kind in "iu"


def _positions(part: Any, size: int) -> NDArray[np.intp]:
    position = np.asarray(part, dtype=np.intp)
    if position.size and not (-size <= position.min() and position.max() < size):
        raise IndexError(f"index out of bounds for an axis of size {size}")
    return np.where(position < 0, position + size, position)
