"""Damages every file that is read: flips bits, cuts off, swaps blocks, writes blocks of zeros.

Whatever is damaged must be refused, repaired, or change no value of any answer, and end no process. Files: the packed
panel, published versions, tables with `SHA256SUMS`, the local jobs' database, records, requests and results of jobs,
and everything that a batch writes. Tables without digests are counted apart, in the notes: what loads with other values
is what nobody can notice.
"""

import json
import logging
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from sids_core.errors import SidsError
from sids_core.panel import pack
from sids_core.panel.digests import SUMS, sha256_of
from sids_core.panel.pack import PackError, PackKey
from sids_core.panel.tables import read_folder
from sids_core.panel.write import write_csv, write_parquet
from sids_service.batch.output import FolderOutput
from sids_service.jobs.job import JobRecord, Status
from sids_service.jobs.local_store import FILE, LocalJobStore, open_database
from sids_service.jobs.store import Part
from tests.small_tables import SmallTables
from tests.torture.row import Row

SHARES = {"packed panel": 700, "tables with digests": 500, "published": 400, "jobs": 700, "batch": 500}
WITHOUT_DIGEST = {"CSV": 200, "Parquet": 60}
BLOCK = 16

Check = Callable[[], bool]
"""Reads what was damaged; whether it answers as before or refuses, False if it answers otherwise."""


@dataclass(frozen=True)
class Target:
    """Files, and how they are read.

    Attributes:
        folder: holds the files.
        check: reads them.
    """

    folder: Path
    check: Check


def attack(seed: int, share: float = 1.0) -> Row:
    """All targets, with so many damages as `SHARES` says, or a share of them."""
    generator = random.Random(seed)  # noqa: S311 - must be reproducible
    counts: Counter[str] = Counter()
    notes = []
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch:
        for name, most in SHARES.items():
            target = TARGETS[name](Path(scratch) / name.replace(" ", "-"))
            for outcome in _damaged(target, generator, max(1, round(most * share))):
                counts[outcome] += 1
        for form, write in (("CSV", write_csv), ("Parquet", write_parquet)):
            target = _unsealed(Path(scratch) / form, write)
            found = Counter(_damaged(target, generator, max(1, round(WITHOUT_DIGEST[form] * share))))
            counts["lost"] += found["lost"]
            notes.append(f"{form} without digests: {found['wrong']} of {found.total()} unnoticed")
    logging.disable(logging.NOTSET)
    tried = sum(counts.values())
    return Row("damaged files", tried, counts["survived"], counts["lost"], counts["wrong"], "; ".join(notes))


def _damaged(target: Target, generator: random.Random, times: int) -> Iterator[str]:
    good = {path: path.read_bytes() for path in sorted(target.folder.rglob("*")) if path.is_file()}
    assert target.check()
    _restore(target.folder, good)
    for _ in range(times):
        _restore(target.folder, good)
        path = generator.choice(list(good))
        path.write_bytes(damage(good[path], generator))
        try:
            yield "survived" if target.check() else "wrong"
        except (SidsError, PackError):
            yield "survived"
        except Exception as error:  # noqa: BLE001 - a traceback is what must not be
            print(f"{path.name}: {error!r}")  # noqa: T201
            yield "lost"
    _restore(target.folder, good)


def _restore(folder: Path, good: dict[Path, bytes]) -> None:
    for path in list(folder.rglob("*")):
        if path.is_file() and path not in good:
            path.unlink()
    for path, content in good.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def damage(content: bytes, generator: random.Random) -> bytes:
    """The content with a flipped bit, mostly; else cut off, with two swapped blocks, or a block of zeros."""
    if not content:
        return b"x"
    place = generator.randrange(len(content))
    kind = generator.random()
    if kind < 0.7:
        return content[:place] + bytes([content[place] ^ 1 << generator.randrange(8)]) + content[place + 1 :]
    if kind < 0.8:
        return content[:place]
    if kind < 0.9:
        return content[:place] + bytes(min(BLOCK, len(content) - place)) + content[place + BLOCK :]
    first, second = sorted(generator.randrange(1 + len(content) // BLOCK) * BLOCK for _ in range(2))
    blocks = content[first : first + BLOCK], content[second : second + BLOCK]
    if first == second:
        return content
    return content[:first] + blocks[1] + content[first + BLOCK : second] + blocks[0] + content[second + BLOCK :]


def _packed(folder: Path) -> Target:
    tables = read_folder(SmallTables(folder.with_name("tables")).folder)
    key, expected = PackKey("source", "tags"), pack.compact(tables, {"x": 1})
    pack.write(folder, key, expected)

    def check() -> bool:
        found = pack.read(folder, key)
        same = [
            np.array_equal(found.panel.values, expected.panel.values, equal_nan=True),
            np.array_equal(found.panel.observed, expected.panel.observed),
            found.rows == expected.rows,
            found.repairs == expected.repairs,
        ]
        names = ("version", "countries", "indicators", "datasets", "years", "files")
        return all(same) and all(getattr(found.panel, name) == getattr(expected.panel, name) for name in names)

    return Target(folder, check)


def _tables(folder: Path, write: Callable[..., None] = write_parquet) -> Target:
    write(read_folder(SmallTables(folder.with_name(f"{folder.name}-source")).folder).content(), folder)
    return Target(folder, _version_of(folder))


def _unsealed(folder: Path, write: Callable[..., None]) -> Target:
    target = _tables(folder, write)
    (folder / SUMS).unlink()
    return target


def _published(folder: Path) -> Target:
    files = {}
    for number in (1, 2):
        version = folder / "versions" / str(number)
        tables = SmallTables(folder.with_name(f"published-{number}"))
        tables.edit("indicatorData.csv", "3e2", f"3e{number}")
        write_csv(read_folder(tables.folder).content(), version)
        (version / SUMS).unlink()
        files = {path.name.partition(".")[0]: path for path in version.iterdir()}
    names = {table: path.relative_to(folder).as_posix() for table, path in files.items()}
    current = {"version": "2", "files": names, "sha256": {table: sha256_of(path) for table, path in files.items()}}
    (folder / "current.json").write_text(json.dumps(current, indent=1))
    return Target(folder, _version_of(folder))


def _version_of(folder: Path) -> Check:
    expected = read_folder(folder).version()
    return lambda: read_folder(folder).version() == expected


def _jobs(folder: Path) -> Target:
    folder.mkdir()
    now = datetime.now(UTC)
    jobs = [
        JobRecord(id=f"{number:032x}", endpoint="e", model="m", status=Status.SUCCEEDED, created=now, attempts=number)
        for number in range(1, 9)
    ]
    contents = {
        (part, job.id): b'{"value": %d, "more": "%s"}' % (62059 + job.attempts, b"x" * 200)
        for job in jobs
        for part in Part
    }
    with _store(folder) as store:
        for job in jobs:
            store.create(job)
        for (part, job_id), content in contents.items():
            store.keep(part, job_id, content)

    def check() -> bool:
        with _store(folder) as store:
            right = [(found := store.read(job.id)) is None or found.job == job for job in jobs]
            right += [store.content(*key) in {None, content} for key, content in contents.items()]
        return all(right)

    return Target(folder, check)


@contextmanager
def _store(folder: Path) -> Iterator[LocalJobStore]:
    database = open_database(folder)
    try:
        yield LocalJobStore(database)
    finally:
        del database
        if (folder / f"{FILE}-wal").exists():
            try:
                with closing(sqlite3.connect(folder / FILE)) as own:
                    own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except (sqlite3.Error, UnicodeError):
                pass


def _batch(folder: Path) -> Target:
    from tests.service.batch import test_merging as merging

    first, both = merging.plan((2015, 2015)), merging.plan((2015, 2016))
    out, plain = FolderOutput(folder), FolderOutput(folder.with_name("batch-plain"))
    merging.run(plain, both)
    merging.run(out, first)
    expected = merging.published(plain)

    def check() -> bool:
        merging.run(out, both, resume=True)
        found = merging.published(out)
        other = {name for name in expected if found.get(name) != expected[name]}
        # A file to which nothing was added is not read: whoever compares it with the manifest notices.
        sums = json.loads(found["ml/few/manifest.json"])["sha256"]
        return all(sha256(found[name]).hexdigest() != sums.get(name.removeprefix("ml/few/"), "") for name in other)

    return Target(folder, check)


TARGETS: dict[str, Callable[[Path], Target]] = {
    "packed panel": _packed,
    "tables with digests": _tables,
    "published": _published,
    "jobs": _jobs,
    "batch": _batch,
}
