"""The functions that a pod runs: files of `AzureFunctionsJobHost__functions__N` for Kustomize.

The Functions host runs all functions of an image, or those listed by these variables. So one image serves HTTP in one
Deployment and the queue in another.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

HEADER = "# The {kind} functions of MODEL_SERVICE={models}. Written by `sids function-lists`.\n"
PATTERN = re.compile(HEADER.format(kind="(?P<kind>[a-z]+)", models="(?P<models>[^ ]+)"))
HTTP, TIMER, QUEUE = "httpTrigger", "timerTrigger", "queueTrigger"
# A timer needs a pod that is always up: one with the HTTP functions of all models. Queue workers scale to zero.
KINDS = {"http": (HTTP,), "steady": (HTTP, TIMER), "queue": (QUEUE,)}


@dataclass(frozen=True)
class Listed:
    """A function of the app, and the platform's name of its trigger type."""

    name: str
    trigger: str


def functions_of(models: str) -> list[Listed]:
    """The functions of a pod with this MODEL_SERVICE and jobs in Azure Storage; makes no connection.

    With keys there is one function more than without; the host passes over names of a list that the app does not have.
    """
    from blueprints.app import build_app
    from sids_service.context import Context
    from sids_service.dataset.panel_source import open_panel_source
    from sids_service.settings import Settings

    settings = Settings(
        dataset_path=Path(gettempdir()),
        dataset_container_url=None,
        dataset_connection_string=None,
        model_service=models,
        access="keys",
        access_protects="",
        entra_tenant=None,
        entra_audience=None,
        jobs_storage=None,
        jobs_storage__blobserviceuri="https://example.blob.core.windows.net",
        jobs_storage__queueserviceuri="https://example.queue.core.windows.net",
    )
    app = build_app(Context(settings, open_panel_source(settings)))
    return [
        Listed(str(function.get_function_name()), str(trigger.type))
        for function in app.get_functions()
        if (trigger := function.get_trigger()) is not None
    ]


def function_list(kind: str, models: str, functions: Iterable[Listed]) -> str:
    """The content of a `functions.env` with the functions of a kind, in their order.

    Args:
        kind: one of `KINDS`.
        models: the value of MODEL_SERVICE that the functions were listed with.
        functions: the app's functions.
    """
    names = (function.name for function in functions if function.trigger in KINDS[kind])
    lines = (f"AzureFunctionsJobHost__functions__{index}={name}\n" for index, name in enumerate(names))
    return HEADER.format(kind=kind, models=models) + "".join(lines)


def read_header(path: Path) -> tuple[str, str]:
    """Kind and MODEL_SERVICE of a `functions.env`.

    Raises:
        ValueError: its first line is not a header of `function_list`.
    """
    with path.open(encoding="utf-8") as file:
        found = PATTERN.fullmatch(file.readline())
    if found is None or found["kind"] not in KINDS:
        raise ValueError(f"{path}: the first line does not say which functions are listed")
    return found["kind"], found["models"]
