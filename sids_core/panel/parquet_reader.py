"""The process that reads Parquet files for `parquet`: what damaged bytes do to native code ends no other process.

A request is a line on stdin, `{"path": …}` or `{"path": …, "columns": [positions]}`. The answer on stdout is a line
with the names of the columns, or for each row group a line that describes its columns and then the bytes of their
arrays, at last a line `{"end": true}`; or a line `{"error": …, "fault": …}`.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from errno import EINVAL
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

DIGITS = 15
"""Decimal digits that every float holds."""

EXACT = 2.0**50
"""Numbers that rounding errors of a few units in the last place leave nearest to the same integer."""

KINDS = "biufmM"
"""Kinds of arrays whose bytes can be passed on."""

if TYPE_CHECKING:
    import pandas as pd


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Limit this process, and let the system end it first where memory is short."""
    import resource

    limits = {resource.RLIMIT_AS: memory_bytes, resource.RLIMIT_CPU: cpu_seconds, resource.RLIMIT_CORE: 0}
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        with suppress(ValueError, OSError):  # a system that does not know the limit
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def serve() -> None:
    """Answer requests until stdin ends."""
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _answer(Path(request["path"]), request.get("columns"), answers)
        except Exception as error:  # noqa: BLE001 - the reader raises what the damaged byte leads to
            _write_line(answers, _fault(error))
        answers.flush()


def _answer(path: Path, positions: Sequence[int] | None, answers: BinaryIO) -> None:
    import fastparquet

    # Opened here, since fastparquet does not close files that it opens.
    with path.open("rb") as opened:
        file = fastparquet.ParquetFile(opened)
        if positions is None:
            _write_line(answers, {"columns": [str(column) for column in file.columns]})
            return
        for frame in frames(file, [file.columns[position] for position in positions]):
            encoded = [_encoded(frame.iloc[:, number]) for number in range(frame.shape[1])]
            _write_line(answers, {"rows": len(frame), "columns": [description for description, _ in encoded]})
            for _, arrays in encoded:
                answers.writelines(array.data for array in arrays)
        _write_line(answers, {"end": True})


def _fault(error: Exception) -> dict[str, str]:
    kind = "damaged"
    if isinstance(error, NotImplementedError):
        kind = "encoding"
    elif isinstance(error, OSError) and error.errno not in {None, EINVAL}:
        # A damaged file makes its reader seek to places that do not exist, which is EINVAL.
        return {"error": "unavailable", "fault": str(error.strerror)}
    return {"error": kind, "fault": str(error) if kind == "encoding" else f"{type(error).__name__}: {error}"}


def _write_line(answers: BinaryIO, content: dict[str, Any]) -> None:
    answers.write(json.dumps(content).encode() + b"\n")


def _encoded(cells: "pd.Series[Any]") -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """A column's description, and the arrays whose bytes follow."""
    import pandas as pd

    kind = cells.dtype
    if isinstance(kind, pd.CategoricalDtype):
        codes = cells.cat.codes.to_numpy()
        categories, arrays = _encoded(pd.Series(kind.categories))
        described = {"kind": "category", "dtype": codes.dtype.str, "count": len(kind.categories)}
        return {**described, "categories": categories}, [np.ascontiguousarray(codes), *arrays]
    if isinstance(kind, np.dtype) and kind.kind in KINDS:
        plain = cells.to_numpy()
        if kind.kind in "mM":
            plain = plain.view(np.int64)
        return {"kind": "array", "dtype": kind.str}, [np.ascontiguousarray(plain)]
    if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):  # with a mask of missing cells
        of_kind = np.dtype(getattr(kind, "numpy_dtype", np.float64))
        missing = cells.isna().to_numpy()
        known = cells.to_numpy(dtype=of_kind, na_value=0)
        return {"kind": "masked", "dtype": of_kind.str}, [np.ascontiguousarray(known), missing]
    return {"kind": "cells", "cells": list(map(_cell, cells))}, []


def _cell(cell: Any) -> str | float | bool | None:
    if isinstance(cell, str | bool | int | float) or cell is None:
        return cell
    return None if cell != cell else str(cell)


def frames(file: Any, columns: Sequence[str]) -> Iterator["pd.DataFrame"]:
    """Some columns, index columns included, in blocks of rows; decimals are the nearest float to what is written."""
    decimals = {column: scale for column in columns if (scale := _decimal_places(file, column)) is not None}
    for frame in file.iter_row_groups(columns=list(columns), index=False):
        for column, scale in decimals.items():
            frame[column] = _nearest(frame[column].to_numpy(dtype=np.float64, na_value=np.nan), scale)
        yield frame[list(columns)]


def _nearest(values: NDArray[np.float64], scale: int) -> NDArray[np.float64]:
    """The decimal numbers with at most `scale` places that the values are, but for rounding errors."""
    nearest = np.round(values, scale)
    for row in np.flatnonzero(np.abs(values) * 10.0**scale > EXACT):
        nearest[row] = float(f"{values[row]:.{DIGITS}g}")
    return nearest


def _decimal_places(file: Any, column: str) -> int | None:
    """Decimals of a column of decimal numbers, which the reader multiplies out inexactly; None for other types."""
    from fastparquet.parquet_thrift import ConvertedType

    element = file.schema.schema_element(column)
    return (element.scale or 0) if element.converted_type == ConvertedType.DECIMAL else None
