"""Hostile codes, names and links, thrown at readers, an importer, batches and what they read of earlier ones.

A target folder lies deep in a sandbox. Whatever an indicator, a dataset or a batch is called, whatever a manifest, a
record or `current.json` names, and wherever links in the target lead: nothing in the sandbox outside the target
changes, nothing outside is read, and the refusal is one line of an expected error.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sids_core.errors import SidsError
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.layout import parse_current
from sids_core.panel.tables import read_folder
from sids_service.batch import run_batch
from sids_service.batch.compute import ItemOutcome, Succeeded
from sids_service.batch.manifest import END
from sids_service.batch.output import FolderOutput
from sids_service.batch.plan import BatchItem, BatchPlan, Selection
from sids_service.batch.records import Quality, Record
from sids_service.dashboard import STATIC_KEYS
from sids_service.storage.seal import sealed, unsealed
from sids_tools.commands.batch import checked_name
from sids_tools.importers.parts import Parts
from sids_tools.importers.sids_api import FolderSite, import_sids_api
from tests.small_tables import SmallTables
from tests.torture.row import Row

PIECES = (
    *("..", ".", "/", "\\", ":", "C:", "~", "wdi-", "-", " ", "\0", "\n", "\r\n", "\u2028", "\u202e", "\u200b", "x"),
    *(
        "\uff0f",
        "\uff3c",
        "\uff0e",
        "\u2025",
        "\u2100",
        "\u2215",
        "%2e%2e%2f",
        "%00",
        "é",
        "e\u0301",
        "con",
        "NUL",
        "$HOME",
    ),
    *("../" * 3, "/tmp/", "secret", ".batch", "ml", "manifest.json", "*", "?", "|", "<", '"', "'", "`id`", "y" * 120),  # noqa: S108
)
CODES = 200
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""Every file of a batch is flushed, which takes most of the time on a disk."""
LINKS = (
    ".batch",
    ".batch/locks",
    ".batch/results",
    ".batch/results/few",
    "ml",
    "ml/few",
    "ml/few/wdi",
    "ml/few/manifest.json",
)
QUALITY = Quality(
    rmse_deviation=0.1, coverage=0.9, coverage_sids=None, nominal_coverage=0.9, imputed=1, unreliable=0
)  # fmt: skip
SECRET = 987_654_321.5


class Sandbox:
    """A folder of its own for every attempt; `target` is where it may write."""

    def __init__(self, folder: Path) -> None:
        self.outside = folder / "outside"
        self.target = self.outside / "1" / "2" / "3" / "target"
        self.target.mkdir(parents=True)
        self.source = folder / "source"
        for place in (self.outside, self.outside / "1", self.target.parent):
            secret = {"secret": {"data": {"2000": {"FJI": SECRET}}}}
            for name in ("secret.json", "x.json", "manifest.json"):
                (place / name).write_text(json.dumps(secret))

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Every file and folder outside the target: its time, and its content."""
        found = (path for path in self.outside.rglob("*") if self.target not in (path, *path.parents))
        return {
            str(path): (path.lstat().st_mtime_ns if path.is_file() else 0, path.read_bytes() if path.is_file() else b"")
            for path in found
        }


Attempt = Callable[[Sandbox, str], object]


def attack(seed: int) -> Row:
    """Some thousand attempts, each in a sandbox of its own."""
    codes = list(_hostile(random.Random(seed)))  # noqa: S311
    attempts: Sequence[tuple[Attempt, Sequence[str]]] = (
        (_read_as_code, codes),
        (_read_as_dataset, codes),
        (_named, codes),
        (_forged_record, codes),
        (_forged_manifest, codes),
        (_current, codes),
        (_imported, codes),
        (_linked, LINKS),
    )
    tried = survived = 0
    first = ""
    for attempt, texts in attempts:
        for text in texts:
            tried += 1
            fault = _fault(attempt, text)
            survived += not fault
            first = first or (f"{attempt.__name__} {text[:40]!r}: {fault}" if fault else "")
    return Row("hostile codes, names and links", tried, survived, wrong=tried - survived, notes=first)


def _hostile(draw: random.Random) -> Iterator[str]:
    yield from ("../../x", "..", "a/b", "../../../secret", "a\\b", "\uff0e\uff0e\uff0fx", "x" * 300, "", "-x", "con-x")
    for _ in range(CODES):
        yield "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 5)))


def _fault(attempt: Attempt, text: str) -> str:
    """What was not as promised; empty if all was."""
    with TemporaryDirectory(dir=MEMORY) as folder:
        sandbox = Sandbox(Path(folder))
        before = sandbox.state()
        try:
            attempt(sandbox, text)
        except SidsError as refusal:
            if len(str(refusal).splitlines()) > 1:
                return f"a refusal of several lines: {refusal!r:.200}"
        except Exception as error:  # noqa: BLE001 - every other error is a finding
            return f"{type(error).__name__}: {error!s:.200}"
        if sandbox.state() != before:
            return "something outside the target has changed"
        for path in sandbox.target.rglob("*"):
            if path.is_file() and str(SECRET) in path.read_text(errors="replace"):
                return "something outside the target was read"
    return ""


def _csv(text: str) -> str:
    quoted = text.replace('"', '""')
    return f'"{quoted}"'


def _read_as_code(sandbox: Sandbox, code: str) -> None:
    tables = SmallTables(sandbox.source)
    tables.edit("indicatorData.csv", "USA,key-C,7,8", f"USA,key-C,7,8\nFJI,{_csv(code)},7,8")
    tables.edit("indicatorMeta.csv", "key-C,", f"{_csv(code)},Hostile,,,,,wdi\nkey-C,")
    _batch(sandbox, [indicator.code for indicator in read_folder(sandbox.source).indicators])


def _read_as_dataset(sandbox: Sandbox, code: str) -> None:
    tables = SmallTables(sandbox.source)
    tables.edit("indicatorMeta.csv", "none,Education,none,female,wdi", f"none,Education,none,female,{_csv(code)}")
    tables.edit("datasetMeta.csv", "key,Key", f"{_csv(code)},Hostile\nkey,Key")
    read = read_folder(sandbox.source)
    _batch(sandbox, [indicator.code for indicator in read.indicators], datasets=tuple(read.datasets))


def _named(sandbox: Sandbox, name: str) -> None:
    _batch(sandbox, ["wdi-A"], checked_name(name))


def _forged_record(sandbox: Sandbox, code: str) -> None:
    _batch(sandbox, ["wdi-A"])
    for path in (sandbox.target / ".batch" / "results").rglob("*"):
        if path.is_file():
            place = path.relative_to(sandbox.target).as_posix()
            record = json.loads(unsealed(path.read_bytes(), place))
            record["item"]["target"] = code
            forged = place.replace(path.name, "forged")
            (sandbox.target / forged).write_bytes(sealed(json.dumps(record).encode(), forged))
    (sandbox.target / "ml" / "few" / "manifest.json").unlink()
    _batch(sandbox, ["wdi-A", "wdi-B"])


def _forged_manifest(sandbox: Sandbox, code: str) -> None:
    _batch(sandbox, ["wdi-A"])
    manifest = sandbox.target / "ml" / "few" / "manifest.json"
    text = json.loads(manifest.read_text())
    for row in text["quality"]["data"]:
        row[1] = code
    rest = json.dumps(text).encode()
    manifest.write_bytes(rest + END % sha256(rest).hexdigest().encode())
    _batch(sandbox, ["wdi-A", "wdi-B"])


def _current(sandbox: Sandbox, folder: str) -> None:
    names = ("indicatorMeta", "datasetMeta", "indicatorData")
    text = json.dumps({"files": {table: f"{folder}/{table}.csv" for table in names}})
    for file in parse_current(text.encode(), "source").values():
        FolderOutput(sandbox.target).write(file.name, b"")


def _imported(sandbox: Sandbox, code: str) -> None:
    files = sandbox.outside / "1" / "2" / "3" / "files" / "data" / "indicators"
    good = {"data": {"2000": {"FJI": 1.0}}}
    sources = {"wdi/wdi-A.json": {"wdi-A": good}, "datasetMeta.json": {"wdi": {"name": "W"}}}
    sources["indicatorMeta.json"] = {known: {"name": "N", "dataset": "wdi"} for known in ("wdi-A", code) if known}
    with TemporaryDirectory(dir=MEMORY) as elsewhere:
        root = Path(elsewhere) / files.relative_to(sandbox.outside.parent)
        for name, content in sources.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(json.dumps(content))
        hidden = {code: {"data": {"2000": {"TON": SECRET}}}}
        for place in (root.parent, root.parents[1], root.parents[2], root.parents[3]):
            for name in ("x.json", "secret.json"):
                (place / name).write_text(json.dumps(hidden))
        site = FolderSite(root.parents[1])
        import_sids_api(site, Parts(sandbox.target, "torture"), sandbox.target, lambda *_: None)


def _linked(sandbox: Sandbox, link: str) -> None:
    _batch(sandbox, ["wdi-A"])
    path = sandbox.target / link
    goal = sandbox.outside / "1" / "goal"
    goal.mkdir()
    if path.is_dir():
        path.rename(path.with_name("aside"))
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(goal)
    try:
        _batch(sandbox, ["wdi-A", "wdi-B"])
    finally:
        goal.rmdir()  # fails where something was written


def _batch(sandbox: Sandbox, targets: Sequence[str], name: str = "few", datasets: tuple[str, ...] = ("wdi",)) -> None:
    items = tuple(BatchItem(dataset, target, 2000, 2000) for target in targets for dataset in datasets)
    plan = BatchPlan("version", ImputationConfig(), Selection((2000, 2000)), 1, items)
    run_batch(plan, FolderOutput(sandbox.target), name, _computed, lambda *_: None, resume=True)


def _computed(items: Sequence[BatchItem]) -> Iterator[tuple[BatchItem, ItemOutcome]]:
    part: dict[str, dict[str, Any]] = {key: {"2000": 1} for key in (*STATIC_KEYS, "correlation")}
    for item in items:
        yield item, Succeeded(Record(indicator_json=part, quality=QUALITY))
