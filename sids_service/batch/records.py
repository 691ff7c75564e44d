"""The records of a batch: one small file per finished imputation, from which a killed batch continues.

Each begins with its digest (`sids_service.storage.seal`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from sids_service.batch.origin import Origin
from sids_service.batch.output import Output
from sids_service.batch.plan import BatchItem, BatchPlan
from sids_service.dashboard import indicator_json, static_part
from sids_service.errors import ConfigurationError
from sids_service.storage.seal import DamagedError, sealed, unsealed

if TYPE_CHECKING:
    from sids_core.imputation.result import ImputationResult

RESULTS, REJECTIONS, STARTED = ".batch/results", ".batch/refusals", ".batch/started"
WRITTEN = ".batch/written"


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


class KeptResult(Record):
    """A record as stored, with the item it is of, since a later run may have another plan."""

    item: BatchItem


class KeptRejection(BaseModel):
    """The reason why the data does not allow an imputation, as stored."""

    item: BatchItem
    reason: str


class Records:
    """The finished items of a batch, one file each, named by id; several batches may share an output."""

    def __init__(self, output: Output, name: str, plan: BatchPlan) -> None:
        self._output = output
        self._batch = quote(name, safe="")
        self._plan = plan

    def start(self, origin: Origin) -> None:
        """Note what all records of the batch have in common, before the first of them."""
        self._write(self._origin, to_json(origin, indent=2))

    def check_origin(self, origin: Origin, place: str) -> None:
        """Raise ConfigurationError if the existing records, for the files of `place`, have something else in common."""
        if self._output.read(self._origin) is not None:
            with self._undamaged(self._origin):
                found = Origin.model_validate_json(self._read(self._origin))
            origin.check_same(found, place)

    def results(self) -> dict[str, str]:
        """Id → file of every stored result, also of those outside the plan."""
        return self._files(RESULTS)

    def rejections(self) -> dict[str, str]:
        """Id → file of every stored rejection, also of those outside the plan."""
        return self._files(REJECTIONS)

    def keep_result(self, item: BatchItem, record: Record) -> None:
        """Store the result of an item, as far as the dashboard's files hold it."""
        part = static_part(record.indicator_json, correlation=self._plan.correlation)
        kept = KeptResult(item=item, indicator_json=part, quality=record.quality)
        self._write(self._file(RESULTS, item), to_json(kept, inf_nan_mode="null"))

    def keep_rejection(self, item: BatchItem, reason: str) -> None:
        """Store the reason why the data does not allow the imputation."""
        self._write(self._file(REJECTIONS, item), to_json(KeptRejection(item=item, reason=reason)))

    def result(self, file: str) -> KeptResult:
        """Read a file of `results`. Raises ConfigurationError if it is damaged."""
        with self._undamaged(file):
            return KeptResult.model_validate_json(self._read(file))

    def rejection(self, file: str) -> KeptRejection:
        """Read a file of `rejections`. Raises ConfigurationError if it is damaged."""
        with self._undamaged(file):
            return KeptRejection.model_validate_json(self._read(file))

    def writing(self, file: str, content: bytes) -> None:
        """Note the digest of one of the dashboard's files before it is written, until the manifest has it."""
        self._write(self._written(file), sha256(content).hexdigest().encode())

    def written_digest(self, file: str) -> str | None:
        """The digest that `writing` noted last; None if there is none."""
        try:
            return self._read(self._written(file)).decode()
        except DamagedError:
            return None

    def _write(self, file: str, content: bytes) -> None:
        self._output.write(file, sealed(content, file))

    def _read(self, file: str) -> bytes:
        """The content; raises DamagedError if the file is damaged or does not exist."""
        return unsealed(self._output.read(file) or b"", file)

    @property
    def _origin(self) -> str:
        return f"{STARTED}/{self._batch}.json"

    def _written(self, file: str) -> str:
        return f"{WRITTEN}/{self._batch}/{quote(file, safe='')}"

    @contextmanager
    def _undamaged(self, file: str) -> Iterator[None]:
        try:
            yield
        except (DamagedError, ValidationError) as error:
            message = f"{file} in --out is damaged: remove it, then continue with --resume"
            raise ConfigurationError(message) from error

    def _files(self, folder: str) -> dict[str, str]:
        return {name.rpartition("/")[2]: name for name in self._output.names(f"{folder}/{self._batch}")}

    def _file(self, folder: str, item: BatchItem) -> str:
        return f"{folder}/{self._batch}/{item.year}/{self._plan.id(item)}"
