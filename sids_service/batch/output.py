"""The files of a batch, in a folder or Blob container: a record per finished imputation, and the dashboard's files.

Each file is written atomically. The records are the only state of a batch besides its plan, so that a killed batch
continues from them.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from sids_core.files import UNFINISHED, write_file
from sids_service.batch.plan import BatchItem, BatchPlan
from sids_service.dashboard import indicator_json
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.storage.azure import open_container, translated

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

    from sids_core.imputation.result import ImputationResult

PLACE = "the container of --out cannot be used"
RESULTS, REJECTIONS = ".batch/results", ".batch/refusals"
INDICATOR_KEYS = (
    "data",
    "upperIntervals",
    "lowerIntervals",
    "expectedErrors",
    "evidence",
    "methods",
    "unreliable",
    "featureImportances",
    "categoryImportances",
    "rmse",
    "rmse_deviation",
    "correlation",
)
"""Keys of the dashboard's files, in order."""
THREADS = 8
"""Files read and written concurrently; requests to Blob storage mostly wait."""


class Output(Protocol):
    """Files by name, with `/` as the separator."""

    def write(self, name: str, content: bytes) -> None:
        """Store the file, replacing an existing one."""

    def read(self, name: str) -> bytes | None:
        """The file's content; None if it does not exist."""

    def names(self, folder: str) -> Iterator[str]:
        """Names of all files in the folder, recursively."""


class FolderOutput:
    """A local folder, created with the first file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, content: bytes) -> None:
        """Store the file, replacing an existing one."""
        write_file(self._folder / name, content)

    def read(self, name: str) -> bytes | None:
        """The file's content; None if it does not exist."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> Iterator[str]:
        """Names of all files in the folder, recursively."""
        for path in sorted((self._folder / folder).rglob("*")):
            if path.is_file() and path.suffix != UNFINISHED:
                yield path.relative_to(self._folder).as_posix()


class BlobOutput:
    """A container, created with the first file if it does not exist."""

    def __init__(self, url: str | None, connection_string: str | None, name: str) -> None:
        self._place = (url, connection_string, name)

    def write(self, name: str, content: bytes) -> None:
        """Store the file, replacing an existing one."""
        with translated(PLACE, StoreUnavailableError):
            self._container.upload_blob(name, content, overwrite=True)

    def read(self, name: str) -> bytes | None:
        """The file's content; None if it does not exist."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(PLACE, StoreUnavailableError):
            try:
                return self._container.download_blob(name).readall()
            except ResourceNotFoundError:
                return None

    def names(self, folder: str) -> Iterator[str]:
        """Names of all files in the folder, recursively."""
        with translated(PLACE, StoreUnavailableError):
            yield from self._container.list_blob_names(name_starts_with=f"{folder}/")

    @cached_property
    def _container(self) -> "ContainerClient":
        from azure.core.exceptions import ResourceExistsError

        url, connection_string, name = self._place
        container = open_container(url=url, connection_string=connection_string, name=name, bounded=False)
        with suppress(ResourceExistsError):
            container.create_container()
        return container


class Quality(BaseModel):
    """Cross-validated quality of an imputation.

    Attributes:
        rmse_deviation: root mean squared error relative to the target's mean or range, as in responses.
        coverage: share of the training countries whose value lies in its out-of-fold interval.
        coverage_sids: the same over SIDS only; None if no training country is one.
        nominal_coverage: nominal coverage of the intervals.
        imputed: number of SIDS with an imputed value.
        unreliable: number of these whose value should not be used without care.
    """

    rmse_deviation: float
    coverage: float
    coverage_sids: float | None
    nominal_coverage: float
    imputed: int
    unreliable: int


class Record(BaseModel):
    """The stored part of an imputation.

    Attributes:
        indicator_json: the year's part of the dashboard's file.
        quality: its quality, for the report.
    """

    indicator_json: dict[str, dict[str, Any]]
    quality: Quality

    @classmethod
    def of_result(cls, result: "ImputationResult") -> Self:
        """The record of a library result."""
        quality = Quality(
            rmse_deviation=result.rmse_deviation,
            coverage=result.coverage,
            coverage_sids=result.coverage_sids,
            nominal_coverage=result.nominal_coverage,
            imputed=len(result.countries),
            unreliable=len(result.unreliable),
        )
        return cls(indicator_json=indicator_json(result).model_dump(), quality=quality)

    @classmethod
    def of_response(cls, content: bytes) -> Self:
        """The record of a job's result, a `PredictResponse` in JSON."""
        response = from_json(content)
        diagnostics = response["diagnostics"]
        quality = Quality(
            rmse_deviation=response["rmse_deviation"],
            coverage=diagnostics["out_of_fold"]["coverage"],
            coverage_sids=diagnostics["out_of_fold"]["coverage_sids"],
            nominal_coverage=diagnostics["nominal_coverage"],
            imputed=len(response["prediction"]["prediction"]),
            unreliable=len(diagnostics["unreliable"]),
        )
        return cls(indicator_json=response["indicatorJson"], quality=quality)


class Records:
    """The finished items of a plan, one file each, named by id."""

    def __init__(self, output: Output, plan: BatchPlan) -> None:
        self._output = output
        self._plan = plan

    def ids(self) -> set[str]:
        """Ids of all records, of this plan or others."""
        return {name.rpartition("/")[2] for folder in (RESULTS, REJECTIONS) for name in self._output.names(folder)}

    def keep_result(self, item: BatchItem, record: Record) -> None:
        """Store the result of an item."""
        self._output.write(self._name(RESULTS, item), to_json(record, inf_nan_mode="null"))

    def keep_rejection(self, item: BatchItem, reason: str) -> None:
        """Store the reason why the data does not allow the imputation."""
        self._output.write(self._name(REJECTIONS, item), to_json({"reason": reason}))

    def result(self, item: BatchItem) -> Record | None:
        """The item's record; None if it was not imputed."""
        content = self._output.read(self._name(RESULTS, item))
        return None if content is None else Record.model_validate_json(content)

    def rejection(self, item: BatchItem) -> str | None:
        """The recorded reason why the data does not allow the imputation; None without one."""
        content = self._output.read(self._name(REJECTIONS, item))
        return None if content is None else str(from_json(content)["reason"])

    def _name(self, folder: str, item: BatchItem) -> str:
        return f"{folder}/{item.year}/{self._plan.id(item)}"


def write_indicator_files(plan: BatchPlan, records: Records, output: Output, folder: str) -> dict[BatchItem, Quality]:
    """Write `<folder>/<dataset>/<indicator>.json`, keyed by year, for every indicator with a result.

    Returns:
        The quality of each imputed item, by dataset, indicator and year.
    """

    def write(items: list[BatchItem]) -> dict[BatchItem, Quality]:
        results = {item: record for item in items if (record := records.result(item)) is not None}
        if results:
            name = f"{folder}/{items[0].dataset}/{items[0].target}.json"
            output.write(name, to_json(_by_year(results.values())))
        return {item: record.quality for item, record in results.items()}

    def indicator(item: BatchItem) -> tuple[str, str]:
        return item.dataset, item.target

    ordered = sorted(plan.items, key=lambda item: (*indicator(item), item.year))
    indicators = [list(items) for _, items in groupby(ordered, indicator)]
    with ThreadPoolExecutor(THREADS) as pool:
        return {item: quality for written in pool.map(write, indicators) for item, quality in written.items()}


def _by_year(records: Iterable[Record]) -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {key: {} for key in INDICATOR_KEYS}
    for record in records:
        for key in INDICATOR_KEYS:
            merged[key] |= record.indicator_json[key]
    return merged
