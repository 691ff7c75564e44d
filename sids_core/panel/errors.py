"""What can be wrong with a dataset or with where it should come from."""

from sids_core.errors import SidsError


class DatasetError(SidsError):
    """The source answers, but what it holds cannot be served: trying again helps only when it has changed."""

    kind = "dataset_error"


class TableError(DatasetError):
    """One file cannot be read as the table it should be.

    Attributes:
        kind: a stable name in snake_case, for programs.
        file: name of the file.
        row: the place, where it is known, as `line 5` or `row 4`.
    """

    def __init__(self, kind: str, file: str, fault: str, *, row: str = "") -> None:
        super().__init__(f"{file}: {row}: {fault}" if row else f"{file}: {fault}")
        self.kind = kind
        self.file = file
        self.row = row
