"""The store on local disk in trouble: what was accepted stays, and it works again by itself."""

import gc
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from sids_service.jobs.consumer import Consumer
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.job import JobRecord, Status
from sids_service.jobs.local_store import FILE
from sids_service.jobs.store import Part
from tests.function_client import read
from tests.service.jobs.conftest import Place, local_place
from tests.service.jobs.test_http import LATER, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

from tests.calls import SURVEY

Damage = Callable[[Path], object]


def database(place: Place) -> Path:
    return place.records.parent / "jobs" / FILE


def work(place: Place) -> None:
    worker = place.worker()
    consumer = Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=30)
    while consumer.once():
        pass


def succeeded(place: Place, jobs: "Sequence[JobRecord]") -> bool:
    return {place.jobs.state(job.id).status for job in jobs} == {Status.SUCCEEDED}


def mounted(what: "Sequence[str]", at: Path) -> None:
    try:
        subprocess.run(["mount", *what, str(at)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"mounting needs the rights of root: {error}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], disk)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_loses_nothing_that_was_accepted(tmp_path: Path, small_disk: Path) -> None:
    place = local_place(tmp_path, small_disk / "jobs")
    jobs = [place.submit(number=0)]
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    with pytest.raises(StoreUnavailableError, match="full") as refused:
        jobs.extend(place.submit(number=number) for number in range(1, 1000))
    assert str(small_disk) not in str(refused.value)
    assert place.jobs.state(jobs[0].id).status is Status.QUEUED
    filler.unlink()
    jobs.append(place.submit(number=1000))
    work(place)
    assert succeeded(place, jobs)
    assert set(place.handler.done()) >= {0, 1000}


def test_a_read_only_folder_is_used_once_it_can_be_written(tmp_path: Path) -> None:
    place = local_place(tmp_path, tmp_path / "view" / "jobs")
    for folder in ("disk", "view"):
        (tmp_path / folder).mkdir()
    mounted(["--bind", str(tmp_path / "disk")], tmp_path / "view")
    try:
        mounted(["-o", "remount,bind,ro"], tmp_path / "view")
        with pytest.raises(StoreUnavailableError):
            place.submit(number=1)
        mounted(["-o", "remount,bind,rw"], tmp_path / "view")
        job = place.submit(number=1)
        work(place)
        assert succeeded(place, [job])
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path / "view")], check=True)


def test_an_accepted_job_survives_a_power_failure(tmp_path: Path) -> None:
    """Of a disk in a file, that file holds what has been flushed: its copy is the disk after the failure."""
    image, copy, disk = tmp_path / "image", tmp_path / "copy", tmp_path / "disk"
    disk.mkdir()
    with image.open("wb") as file:
        file.truncate(16 * 2**20)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("there is no mkfs.ext4")
    # Nothing is flushed in passing: the journal every 300 s, and data only when asked for.
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    mounted(["-o", "loop,commit=300", str(image)], disk)
    try:
        place = local_place(tmp_path, disk / "jobs")
        jobs = [place.submit(number=number) for number in range(3)]
        shutil.copyfile(image, copy)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
    mounted(["-o", "loop", str(copy)], disk)
    try:
        after = local_place(tmp_path, disk / "jobs")
        assert after.jobs.sweep() == 0
        work(after)
        assert succeeded(after, jobs)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE jobs (name TEXT)")
        connection.commit()


FOREIGN: dict[str, Damage] = {
    "text": lambda path: path.write_text("these are my notes\n" * 100),
    "bytes": lambda path: path.write_bytes(Random(1).randbytes(100_000)),  # noqa: S311
    "a database of another program": other_program,
}


@pytest.mark.parametrize("put", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_file_is_kept_under_another_name(in_folder: Place, put: Damage) -> None:
    database(in_folder).parent.mkdir()
    put(database(in_folder))
    before = database(in_folder).read_bytes()
    job = in_folder.submit(number=1)
    work(in_folder)
    assert succeeded(in_folder, [job])
    assert database(in_folder).with_name(f"{FILE}.damaged-1").read_bytes() == before


def test_a_folder_in_the_place_of_the_database_is_told_and_left_alone(
    demo_data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(tmp_path, demo_data)
    (tmp_path / "jobs" / FILE).mkdir(parents=True)
    refused = service.client.post("/survey/clustering", SURVEY, **LATER)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert read(refused)["detail"]["type"] == "jobs_unavailable"
    assert str(tmp_path) not in refused.get_body().decode()
    assert "Traceback" not in caplog.text
    (tmp_path / "jobs" / FILE).rmdir()
    assert service.client.post("/survey/clustering", SURVEY, **LATER).status_code == 202
    service.context.dataset.stop()


@pytest.mark.parametrize("lost_bytes", [1, 100, 5_000])
def test_a_database_that_was_cut_off_keeps_what_can_be_read(tmp_path: Path, lost_bytes: int) -> None:
    jobs = _filled(tmp_path)
    path = tmp_path / "jobs" / FILE
    path.write_bytes(path.read_bytes()[:-lost_bytes])
    _goes_on(tmp_path, jobs)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_page_costs_its_rows_only(tmp_path: Path, seed: int) -> None:
    jobs = _filled(tmp_path)
    path = tmp_path / "jobs" / FILE
    content = bytearray(path.read_bytes())
    page = 4096 * Random(seed).randrange(1, len(content) // 4096)  # noqa: S311
    content[page : page + 4096] = bytes(4096)
    path.write_bytes(content)
    _goes_on(tmp_path, jobs)


def _filled(folder: Path) -> list[JobRecord]:
    """Jobs of a process that has ended, all of them in the file and none in the log."""
    place = local_place(folder, folder / "jobs")
    jobs = [place.submit(number=number) for number in range(60)]
    del place
    gc.collect()
    with closing(sqlite3.connect(folder / "jobs" / FILE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return jobs


def _goes_on(folder: Path, jobs: "Sequence[JobRecord]") -> None:
    """Every old job can be asked for again, most are still known, and those whose request can be read run."""
    place = local_place(folder, folder / "jobs")
    again = [place.submit(number=number) for number in range(60)]
    assert [job.id for job in again] == [job.id for job in jobs]
    assert sum(job.created == old.created for job, old in zip(again, jobs, strict=True)) >= 30
    for _ in range(3):  # what is damaged is found as it is read, and the messages that are gone with it are sent again
        work(place)
        place.jobs.sweep()
    whole = [
        job
        for number, job in enumerate(jobs)
        if place.store.content(Part.REQUEST, job.id) == b'{"number": %d}' % number
    ]
    assert len(whole) >= 30
    assert succeeded(place, whole)


def test_a_cut_off_record_is_read_as_it_was_before(in_folder: Place) -> None:
    job = in_folder.submit(number=1)
    with closing(sqlite3.connect(database(in_folder), isolation_level=None)) as connection:
        connection.execute("UPDATE jobs SET record = substr(record, 1, 40)")
    assert in_folder.jobs.state(job.id).id == job.id
    work(in_folder)
    assert succeeded(in_folder, [job])


def test_a_record_that_is_cut_off_for_good_is_written_anew_when_asked_for(in_folder: Place) -> None:
    job = in_folder.submit(number=1)
    with closing(sqlite3.connect(database(in_folder), isolation_level=None)) as connection:
        connection.execute("UPDATE jobs SET record = substr(record, 1, 40), previous = ''")
    assert in_folder.submit(number=1).id == job.id
    work(in_folder)
    assert succeeded(in_folder, [job])


def test_processes_that_have_the_damaged_file_open_go_on_with_the_new_one(in_folder: Place) -> None:
    first, other = in_folder, local_place(in_folder.records.parent / "other", database(in_folder).parent)
    jobs = [first.submit(number=1), other.submit(number=2)]
    database(first).rename(database(first).with_name("away"))
    database(first).write_text("no database")
    jobs += [first.submit(number=3), other.submit(number=4)]
    assert other.queue.length() == first.queue.length() == 4  # the first two were still in the log
    work(first)
    assert succeeded(other, jobs)
