"""Prints what KEDA would refuse in files of manifests, as JSON: run by the Python that has its models."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from cloudcoil.models.keda import v1alpha1  # type: ignore[import-not-found]
from pydantic import ValidationError


def faults(manifest: dict[str, Any]) -> Iterator[str]:
    try:
        found = getattr(v1alpha1, manifest["kind"]).model_validate(manifest, strict=True)
    except ValidationError as error:
        for each in error.errors():
            yield f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
        return
    except AttributeError:
        yield f"KEDA has no kind {manifest['kind']}"
        return
    # The models drop what they do not know.
    yield from _dropped(manifest, found.model_dump(mode="json", by_alias=True, exclude_none=True), "")


def _dropped(given: Any, kept: Any, place: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            if name not in kept:
                yield f"{place}{name}: no such field"
            else:
                yield from _dropped(value, kept[name], f"{place}{name}.")
    elif isinstance(given, list) and isinstance(kept, list):
        for index, (value, other) in enumerate(zip(given, kept, strict=True)):
            yield from _dropped(value, other, f"{place}{index}.")


def main() -> None:
    answer = {}
    for path in sys.argv[1:]:
        manifests = yaml.safe_load_all(Path(path).read_text(encoding="utf-8"))
        ours = [each for each in manifests if each["apiVersion"].startswith("keda.sh/")]
        answer[path] = {
            "kinds": sorted({each["kind"] for each in ours}),
            "faults": [f"{each['kind']} {fault}" for each in ours for fault in faults(each)],
        }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
