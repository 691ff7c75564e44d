"""`data versions`, `data rollback` and `data diff`: the versions in a container, and what changed between two."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from sids_core.errors import DataUnavailableError
from sids_core.file_names import shown
from sids_tools.commands.columns import in_columns

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

    from sids_core.panel.compare import Codes, Comparison, IndicatorChange
    from sids_core.panel.panel import Panel
    from sids_tools.versions import Version

ContainerUrl = Annotated[str, typer.Option(help="The container, opened by your own identity (az login).")]
ConnectionString = Annotated[str, typer.Option(help="A storage connection string instead, as for Azurite.")]
Container = Annotated[str, typer.Option(help="The container that the connection string opens.")]

NAMED = 10
"""Codes that are named where a list of them is longer."""


@dataclass(frozen=True)
class Place:
    """The container that the options name, or else the settings DATASET_…."""

    url: str
    connection_string: str
    name: str

    @property
    def is_named(self) -> bool:
        """Whether anything names one."""
        from sids_service.settings import read_settings

        settings = read_settings()
        return bool(self.url or self.connection_string) or bool(
            settings.dataset_container_url or settings.dataset_connection_string
        )

    def open(self) -> "AbstractContextManager[ContainerClient]":
        """Open it. Raises ConfigurationError if nothing names one, or both ways do."""
        from sids_service.settings import read_settings
        from sids_service.storage.azure import open_container

        settings = read_settings()
        url, secret = self.url or None, self.connection_string or None
        if not url and not secret:
            url = settings.dataset_container_url
            known = settings.dataset_connection_string
            secret = known.get_secret_value() if known else None
        name = self.name or settings.dataset_container
        return open_container(url=url, connection_string=secret, name=name, bounded=False)


def versions(
    container_url: ContainerUrl = "", connection_string: ConnectionString = "", container: Container = ""
) -> None:
    """List the versions in a container, the newest first: which is served, and who published what, and when.

    Without options, the settings DATASET_CONTAINER_URL or DATASET_CONNECTION_STRING and DATASET_CONTAINER name the
    container.

    \b
    Example:
      sids data versions --container-url https://<account>.blob.core.windows.net/datasets
    """  # noqa: D301
    from sids_tools.versions import list_versions

    with Place(container_url, connection_string, container).open() as client:
        found = list_versions(client)
    if not found:
        typer.echo("there are no versions: `sids data publish` makes the first one", err=True)
        raise typer.Exit(1)
    rows = [("", "version", "published", "by", "from", "size"), *map(_row, found)]
    for line in in_columns(rows, names=len(rows[0])):
        typer.echo(line)
    if not any(version.served for version in found):
        typer.echo("none of them is served: current.json is missing, or names other files", err=True)


def rollback(
    version: Annotated[str, typer.Argument(help="A version, as `sids data versions` lists it.")],
    container_url: ContainerUrl = "",
    connection_string: ConnectionString = "",
    container: Container = "",
) -> None:
    """Serve an earlier version again. Its files are compared with their digests first; then one write makes it current.

    If somebody publishes meanwhile, nothing is replaced, and the exit code is 1.

    \b
    Example:
      sids data rollback 3f1c…-89abcdef
    """  # noqa: D301
    from sids_tools.versions import rollback

    with Place(container_url, connection_string, container).open() as client:
        done = rollback(client, version)
    now, before = shown(done.now.name), shown(done.before.name) if done.before else ""
    if not done.changed:
        typer.echo(f"{now} is the current version already")
        return
    instead = f" instead of {before}" if before else ""
    typer.echo(f"{now} is now the current version{instead}; services load it at their next poll")
    if before:
        typer.echo(f"back again: sids data rollback {before}")


def diff(
    before: Annotated[
        str, typer.Argument(help="A folder, a file, or a version in the container (current: the served).")
    ],
    after: Annotated[str, typer.Argument(help="Another one.")],
    container_url: ContainerUrl = "",
    connection_string: ConnectionString = "",
    container: Container = "",
    limit: Annotated[int, typer.Option(help="Number of indicators and texts that are named.", min=0)] = 20,
    keep_unknown: Annotated[
        bool, typer.Option("--keep-unknown", help="Compare codes that are no country, too.")
    ] = False,
) -> None:
    """Say in numbers what changed between two datasets, for example before one is published.

    \b
    Examples:
      sids data diff current new-folder
      sids data diff old.csv new.csv
    """  # noqa: D301
    from sids_core.panel.compare import compare

    place = Place(container_url, connection_string, container)
    panels = [_panel(name, place, keep_unknown=keep_unknown) for name in (before, after)]
    _print(compare(*panels), limit)


def _panel(name: str, place: Place, *, keep_unknown: bool) -> "Panel":
    from sids_core.panel.open import open_panel
    from sids_tools.versions import fetch, find, list_versions

    path = Path(name)
    if path.is_dir():
        return _compact(path, keep_unknown=keep_unknown)
    if path.exists():
        return open_panel(path, keep_unknown=keep_unknown)
    if not place.is_named:
        raise DataUnavailableError(f"{shown(name)} is no folder or file; options that name a container were not given")
    with TemporaryDirectory() as folder, place.open() as client:
        fetch(client, find(list_versions(client), name), Path(folder))
        return _compact(Path(folder), keep_unknown=keep_unknown)


def _compact(folder: Path, *, keep_unknown: bool) -> "Panel":
    from sids_core.panel import pack
    from sids_core.panel.tables import read_folder

    return pack.compact(read_folder(folder, keep_unknown=keep_unknown), {}).panel


def _row(version: "Version") -> tuple[str, ...]:
    when = version.published or version.modified.isoformat(timespec="seconds")
    size = f"{version.size / 1e6:.1f} MB" + ("" if version.files else ", files are missing")
    mark = "*" if version.served else ""
    texts = (shown(text) if text else "" for text in (when, version.by, version.source))
    return mark, shown(version.name), *texts, size


def _print(found: "Comparison", limit: int) -> None:
    old, new = found.versions
    if old == new and not found.metadata:
        typer.echo(f"no difference: both are version {new}")
        return
    typer.echo(f"version {old} → {new}")
    for what in ("datasets", "indicators", "countries", "years"):
        typer.echo(f"{what}: {_codes(getattr(found, what))}")
    kinds = ("added", "removed", "changed")
    counts = ", ".join(f"{found.total(kind):,} {kind}" for kind in kinds)
    typer.echo(f"values: {counts}, {found.same:,} equal, in {len(found.values):,} indicators")
    largest = sorted(found.values, key=_importance)
    for change in largest[:limit]:
        typer.echo(f"  {_values(change)}")
    _rest(len(largest), limit, "indicators")
    typer.echo(f"metadata: {len(found.metadata):,} changed")
    for text in found.metadata[:limit]:
        typer.echo(f"  {shown(text.code)}: {text.what}: {_text(text.before)} → {_text(text.after)}")
    _rest(len(found.metadata), limit, "texts")


def _importance(change: "IndicatorChange") -> tuple[float, int, str]:
    """Sorts the relatively largest changes first, then the most values."""
    relative = abs(change.largest.relative) if change.largest else 0.0
    return -relative, -(change.added + change.removed), change.code


def _values(change: "IndicatorChange") -> str:
    of_both = change.changed + change.same
    counts = f"{change.added} added, {change.removed} removed, {change.changed} changed of {of_both}"
    line = f"{shown(change.code)} ({_text(change.name)}): {counts}"
    if change.largest is None:
        return line
    largest = change.largest
    relative = f"{largest.relative:+.1%}" if largest.before else "from 0"
    return f"{line}; most {largest.country} {largest.year}: {largest.before:.10g} → {largest.after:.10g} ({relative})"


def _codes(codes: "Codes") -> str:
    return f"{_named(codes.added, 'added')}, {_named(codes.removed, 'removed')}"


def _named(codes: tuple[str, ...], kind: str) -> str:
    more = ", …" if len(codes) > NAMED else ""
    names = f" ({', '.join(map(shown, codes[:NAMED]))}{more})" if codes else ""
    return f"{len(codes):,} {kind}{names}"


def _text(text: str) -> str:
    return shown(text) if text else "nothing"


def _rest(count: int, limit: int, what: str) -> None:
    if count > limit:
        typer.echo(f"  … and {count - limit:,} more {what} (--limit)")
