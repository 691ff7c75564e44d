"""Results as files and pictures: one module per format, and one for the plots.

Numbers leave as they are held, float64, in every format: none is rounded on the way out.
"""

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


class Exportable(ABC):
    """A result that is a table."""

    __slots__ = ()

    @abstractmethod
    def to_frame(self) -> "DataFrame":
        """The result as a table."""

    def to_csv(self, path: "str | os.PathLike[str] | None" = None) -> str | None:
        """The table of `to_frame` as CSV: UTF-8, decimal points, TRUE and FALSE, empty cells where a value is missing.

        Args:
            path: the file, replaced if it exists, and compressed if its name ends in .gz; None for the text itself.

        Returns:
            The text, if no path is given.

        Raises:
            OSError: the file cannot be written; an existing one is left as it was.
        """
        from sids_core.export.csv_file import csv_text, write_csv

        if path is None:
            return csv_text(self.to_frame())
        write_csv(self.to_frame(), Path(path))
        return None

    def to_excel(self, path: "str | os.PathLike[str]") -> None:
        """Write the table of `to_frame` as an Excel workbook; the extra `files` has the writer.

        Args:
            path: the file, replaced if it exists.

        Raises:
            MissingExtraError: openpyxl is not installed.
            OSError: the file cannot be written; an existing one is left as it was.
        """
        from sids_core.export.excel import write_excel

        write_excel({"result": self.to_frame()}, Path(path))
