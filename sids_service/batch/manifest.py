"""The manifest of a batch's published files: their origin, their years and quality, and what is missing and why.

It is written after the files and is all that a later run needs to know of them, so that years and targets can be added
after the records were removed.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from sids_service.batch.origin import Origin
from sids_service.batch.output import Output
from sids_service.batch.plan import BatchItem, BatchPlan, Selection
from sids_service.batch.records import Quality
from sids_service.dashboard import static_name
from sids_service.errors import ConfigurationError
from sids_service.storage.seal import DamagedError

MANIFEST = "manifest.json"
END = b',\n  "manifest_sha256": "%s"\n}\n'
LOST = "its file was missing when other years were added; run its year again"
SELECTION = ("years", "datasets", "targets")
ITEM = ("dataset", "target", "year", "selection_year")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Published:
    """What a folder of files holds.

    Attributes:
        origin: what all imputations have in common.
        selection: covers the selections of every run so far.
        qualities: the quality of each imputed item, by dataset, indicator and year.
        failures: item → reason, for the items without a result.
        digests: file in the folder → its SHA-256.
    """

    origin: Origin
    selection: Selection
    qualities: Mapping[BatchItem, Quality] = field(default_factory=dict)
    failures: Mapping[BatchItem, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    def with_run(
        self,
        plan: BatchPlan,
        qualities: Mapping[BatchItem, Quality],
        failures: Mapping[BatchItem, str],
        digests: Mapping[str, str],
    ) -> "Published":
        """The same with the items of a run added."""
        imputed = _ordered({**self.qualities, **qualities})
        missing = {item: why for item, why in {**self.failures, **failures}.items() if item not in imputed}
        years = [*self.selection.years, *plan.selection.years, *(item.year for item in imputed)]
        selection = Selection(
            (min(years), max(years)),
            _union(self.selection.datasets, plan.selection.datasets, {item.dataset for item in imputed}),
            _union(self.selection.targets, plan.selection.targets, {item.target for item in imputed}),
        )
        return Published(self.origin, selection, imputed, _ordered(missing), {**self.digests, **digests})

    def files(self) -> dict[str, list[int]]:
        """File in the folder → its years."""
        files: dict[str, list[int]] = {}
        for item in self.qualities:
            files.setdefault(static_name(item.target), []).append(item.year)
        return files

    def to_json(self) -> bytes:
        """The manifest. Its last lines hold the quality of each imputation and the digest of all before."""
        qualities = self.qualities.values()
        files = self.files()
        head = {
            "dataset_version": self.origin.dataset_version,
            "service_version": self.origin.service_version,
            "options": {
                **self.origin.options,
                "years": self.selection.years,
                "datasets": sorted(self.selection.datasets),
                "targets": sorted(self.selection.targets),
            },
            "counts": {
                "planned": len(self.qualities) + len(self.failures),
                "imputed": len(self.qualities),
                "failed": len(self.failures),
                "files": len(files),
                "figures": sum(quality.imputed for quality in qualities),
                "unreliable": sum(quality.unreliable for quality in qualities),
            },
            "files": files,
            "sha256": {file: self.digests[file] for file in files},
            "failures": [{**asdict(item), "reason": reason} for item, reason in self.failures.items()],
        }
        rows = [
            [*(getattr(item, name) for name in ITEM), *quality.model_dump().values()]
            for item, quality in self.qualities.items()
        ]
        table = to_json({"columns": [*ITEM, *Quality.model_fields], "data": rows})
        content = to_json(head, indent=2).removesuffix(b"\n}") + b',\n  "quality": ' + table
        return content + END % sha256(content).hexdigest().encode()


def read_published(output: Output, folder: str, plan: BatchPlan) -> Published | None:
    """What the folder holds, which must be of the plan's origin; None without a manifest.

    An item whose file is missing counts as failed.

    Raises:
        ConfigurationError: the files are of another origin, or the manifest is no batch's.
    """
    place = f"{folder}/{MANIFEST}"
    content = output.read(place)
    if content is None:
        return None
    try:
        values = from_json(content)
        options = values["options"]
        chosen = Selection(tuple(options["years"]), options["datasets"], options.get("targets", []))
        shared = {name: value for name, value in options.items() if name not in SELECTION}
        found = Origin(
            dataset_version=values["dataset_version"], service_version=values["service_version"], options=shared
        )
        Origin.of(plan).check_same(found, folder)
        _check_digest(content)
        rows = [dict(zip(values["quality"]["columns"], row, strict=True)) for row in values["quality"]["data"]]
        qualities = {_item(row): Quality.model_validate(row) for row in rows}
        failures = {_item(failure): str(failure["reason"]) for failure in values["failures"]}
        digests = {str(file): str(digest) for file, digest in values["sha256"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError, DamagedError) as error:
        raise ConfigurationError(
            f"{place} in --out is not a manifest of this service, or damaged ({type(error).__name__}), and its files "
            "may not be replaced. Choose another --name"
        ) from error
    existing = set(output.names(folder))
    lost = {item for item in qualities if f"{folder}/{static_name(item.target)}" not in existing}
    imputed = {item: quality for item, quality in qualities.items() if item not in lost}
    return Published(found, chosen, imputed, {**failures, **dict.fromkeys(lost, LOST)}, digests)


def _check_digest(content: bytes) -> None:
    rest = content[: -len(END % (b"0" * 64))]
    if content != rest + END % sha256(rest).hexdigest().encode():
        raise DamagedError(f"{MANIFEST} does not fit its SHA-256")


def _item(row: Mapping[str, Any]) -> BatchItem:
    return BatchItem(**{name: row[name] for name in ITEM})


def _ordered(items: Mapping[BatchItem, Value]) -> dict[BatchItem, Value]:
    return {item: items[item] for item in sorted(items, key=lambda item: (item.dataset, item.target, item.year))}


def _union(before: Collection[str], added: Collection[str], imputed: Collection[str]) -> list[str]:
    """The codes of both selections; empty, which stands for all, if one of them is."""
    return sorted({*before, *added, *imputed}) if before and added else []
