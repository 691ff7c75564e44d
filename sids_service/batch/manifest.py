"""What a batch's files were made from, and what is missing in them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sids_core import __version__
from sids_service.batch.planning import Item, Method, Selection
from sids_service.batch.quality import Quality


def manifest(
    dataset_version: str,
    selection: Selection,
    method: Method,
    qualities: Sequence[Quality],
    failures: Mapping[Item, str],
) -> dict[str, Any]:
    """The manifest as JSON's types. It tells no times: the same batch has the same manifest."""
    files: dict[str, list[int]] = {}
    for quality in qualities:
        files.setdefault(f"{quality.item.dataset}/{quality.item.target}.json", []).append(quality.item.year)
    return {
        "dataset_version": dataset_version,
        "service_version": __version__,
        "options": {**asdict(method), "years": selection.years, "datasets": sorted(selection.datasets)},
        "counts": {
            "planned": len(qualities) + len(failures),
            "imputed": len(qualities),
            "failed": len(failures),
            "files": len(files),
            "figures": sum(quality.imputed for quality in qualities),
        },
        "files": files,
        "failures": [{**asdict(item), "reason": reason} for item, reason in failures.items()],
    }
