"""A message that is not ours is dropped with a log line, by the loop and by triggers; the jobs behind it are done."""

import json
import logging
import sqlite3
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import azure.functions as func
import pytest
from azure.storage.queue import QueueClient

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.jobs.consumer import Consumer
from sids_service.jobs.job import Status
from sids_service.jobs.local_store import FILE

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place

TEXTS = (
    "naïve",
    "日本語",
    "hello",
    "not base64!",
    "",
    " ",
    "=",
    '{"id": 1}',
    "<b>",
    "0" * 32 + "\n",
    "x" * 40_000,
    b64encode("ü".encode()).decode(),
    b64encode(b"\xff\xfe\x00\x01").decode(),
    b64encode(json.dumps({"job": "a"}).encode()).decode(),
)
BODIES = (*(text.encode() for text in TEXTS), b"\xff\xfe", b"\x00", b"\xed\xa0\x80", bytes(range(256)))

AS_BYTES = "INSERT INTO messages (queue, text, visible_from, dequeues, receipt) VALUES (?, ?, 0, 0, '')"
AS_TEXT = AS_BYTES.replace("?, 0", "CAST(? AS TEXT), 0")


def consumer(place: "Place") -> Consumer:
    worker = place.worker()
    return Consumer(place.queue, worker.work, worker.give_up, hidden_seconds=30)


def test_the_loop_drops_what_it_takes_from_a_storage_queue(
    in_azurite: "Place", caplog: pytest.LogCaptureFixture
) -> None:
    first = in_azurite.submit(number=1)
    secret = in_azurite.settings.jobs_storage
    assert secret is not None
    with QueueClient.from_connection_string(secret.get_secret_value(), in_azurite.settings.jobs_queue) as client:
        for text in TEXTS:
            client.send_message(text)
    last = in_azurite.submit(number=2)
    consumes = consumer(in_azurite)
    for _ in range(len(TEXTS) + 2):
        assert consumes.once()
    assert in_azurite.queue.length() == 0
    assert {in_azurite.jobs.state(job.id).status for job in (first, last)} == {Status.SUCCEEDED}
    # The first one is a permit, too: with it the job that has waited longest is run.
    assert caplog.text.count("message of no known job") == len(TEXTS) - 1
    assert "日本語" in caplog.text


def test_the_loop_drops_what_it_takes_from_a_local_queue(in_folder: "Place", caplog: pytest.LogCaptureFixture) -> None:
    job = in_folder.submit(number=1)
    with sqlite3.connect(in_folder.records.parent / "jobs" / FILE) as database:
        for body in BODIES:
            for statement in (AS_BYTES, AS_TEXT):
                database.execute(statement, (in_folder.settings.jobs_queue, body))
    consumes = consumer(in_folder)
    while consumes.once():
        pass
    assert in_folder.queue.length() == 0
    assert in_folder.jobs.state(job.id).status is Status.SUCCEEDED
    assert caplog.text.count("message of no known job") == 2 * len(BODIES)


@pytest.mark.parametrize("name", ["jobs_run", "jobs_poison"])
def test_the_triggered_functions_drop_what_they_are_given(
    in_azurite: "Place", tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    settings = in_azurite.settings.model_copy(update={"dataset_path": tmp_path, "dataset_cache_path": tmp_path})
    app = build_app(Context(settings, open_panel_source(settings)))
    functions = {function.get_function_name(): function.get_user_function() for function in app.get_functions()}
    caplog.set_level(logging.ERROR)
    for body in BODIES:
        functions[name](func.QueueMessage(id="1", body=body))
    assert caplog.text.count("message of no known job") == len(BODIES)


def test_a_message_that_cannot_even_be_given_up_is_dropped(place: "Place", caplog: pytest.LogCaptureFixture) -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    place.queue.put("bad")
    consumes = Consumer(place.queue, fail, fail, hidden_seconds=30, max_dequeues=1)
    assert consumes.once()
    assert place.queue.length() == 0
    assert "message 'bad' is dropped" in caplog.text
