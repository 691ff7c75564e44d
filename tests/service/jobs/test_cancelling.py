"""Who may cancel a job: those who asked for it, each with a token of its own, and only all of them together."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sids_service.jobs.errors import NotSubmittedError
from sids_service.jobs.job import Status
from sids_service.jobs.submitters import MOST_SUBMITTERS
from tests.calls import SURVEY
from tests.function_client import read
from tests.service.jobs.test_http import LATER, Service

if TYPE_CHECKING:
    from tests.service.jobs.conftest import Place


def test_only_a_token_of_the_job_cancels_it(place: "Place") -> None:
    job, other = place.submit("mine", number=1), place.submit("another's", number=2)
    messages = set()
    for token in (None, "", "mine ", "MINE", "another's", "m\xefne", job.submitters[0], job.id):
        with pytest.raises(NotSubmittedError) as refused:
            place.jobs.cancel(job.id, token)
        messages.add(str(refused.value))
    assert len(messages) == 1
    assert place.jobs.state(job.id) == job
    assert "mine" not in job.model_dump_json()
    assert place.jobs.cancel(job.id, "mine").status is Status.CANCELLED
    assert place.jobs.state(other.id).status is Status.QUEUED


def test_a_shared_job_stops_when_all_have_cancelled(place: "Place") -> None:
    job = place.submit("a", number=1)
    place.submit("b", number=1)
    for _ in range(2):  # as after an answer that was lost
        assert place.jobs.cancel(job.id, "a").status is Status.QUEUED
    assert place.jobs.cancel(job.id, "b").status is Status.CANCELLED
    for token in ("a", "b"):
        assert place.jobs.cancel(job.id, token).status is Status.CANCELLED


def test_tokens_submitted_and_cancelled_at_once_are_all_counted(place: "Place") -> None:
    tokens = [str(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        ids = {job.id for job in pool.map(lambda token: place.submit(token, number=1), tokens)}
        (job_id,) = ids
        assert len(place.jobs.state(job_id).submitters) == 8
        list(pool.map(lambda token: place.jobs.cancel(job_id, token), tokens[1:]))
    assert place.jobs.state(job_id).status is Status.QUEUED
    assert place.jobs.cancel(job_id, tokens[0]).status is Status.CANCELLED


def test_who_never_cancels_keeps_the_job(place: "Place") -> None:
    job = place.submit("mine", number=1)
    place.submit(None, number=1)
    assert place.jobs.cancel(job.id, "mine").status is Status.QUEUED
    assert not place.jobs.state(job.id).cancellable


def test_a_job_that_too_many_want_cannot_be_cancelled(in_folder: "Place") -> None:
    tokens = [str(number) for number in range(MOST_SUBMITTERS)]
    job = [in_folder.submit(token, number=1) for token in tokens][-1]
    assert job.cancellable
    one_more = in_folder.submit("one more", number=1)
    assert len(one_more.submitters) == MOST_SUBMITTERS
    assert not one_more.cancellable
    with pytest.raises(NotSubmittedError, match=f"more than {MOST_SUBMITTERS} have asked for cannot be cancelled"):
        in_folder.jobs.cancel(job.id, "one more")
    for token in tokens:
        assert in_folder.jobs.cancel(job.id, token).status is Status.QUEUED


def test_a_job_asked_for_after_its_cancellation_depends_on_the_new_submitter_alone(place: "Place") -> None:
    job = place.submit("first", number=1)
    place.jobs.cancel(job.id, "first")
    assert place.submit("second", number=1).status is Status.QUEUED
    assert place.jobs.cancel(job.id, "first").status is Status.QUEUED
    assert place.jobs.cancel(job.id, "second").status is Status.CANCELLED


def test_cancelling_and_asking_again_for_ever_keeps_the_record_small(in_folder: "Place") -> None:
    for number in range(3 * MOST_SUBMITTERS):
        job = in_folder.submit(str(number), number=1)
        in_folder.jobs.cancel(job.id, str(number))
    assert len(in_folder.jobs.state(job.id).withdrawn) == MOST_SUBMITTERS


def test_who_asks_while_the_job_is_stopping_still_gets_the_result(place: "Place") -> None:
    gate = place.records / "gate"
    job = place.submit("first", number=1, gate=str(gate))
    work = Thread(target=place.worker().work, args=(job.id,))
    work.start()
    place.handler.wait_until_begun(1)
    assert place.jobs.cancel(job.id, "first").cancelling
    again = place.submit("second", number=1, gate=str(gate))
    assert (again.status, again.cancelling) == (Status.RUNNING, False)
    gate.touch()
    work.join(timeout=60)
    assert not work.is_alive()
    assert place.jobs.state(job.id).status is Status.SUCCEEDED


def test_who_asks_after_the_worker_has_heard_of_the_cancellation_gets_the_result(in_folder: "Place") -> None:
    """The worker stops, since it has read the cancellation, and finds at the end that the job is wanted again."""
    gate = in_folder.records / "gate"
    job = in_folder.submit("first", number=1, gate=str(gate))
    store, write = in_folder.store, in_folder.store.replace
    asked = False

    def asked_before_the_end(record: object, tag: str) -> object:
        nonlocal asked
        if not asked and getattr(record, "status", None) is Status.CANCELLED:
            asked = True
            in_folder.change(job.id, cancelling=False)
            gate.touch()
        return write(record, tag)  # type: ignore[arg-type]

    store.replace = asked_before_the_end  # type: ignore[method-assign,assignment]
    work = Thread(target=in_folder.worker().work, args=(job.id,))
    work.start()
    in_folder.handler.wait_until_begun(1)
    in_folder.jobs.cancel(job.id, "first")
    work.join(timeout=60)
    assert not work.is_alive()
    assert asked
    assert in_folder.jobs.state(job.id).status is Status.SUCCEEDED
    assert len(in_folder.handler.begun()) == 2


def test_over_http_every_answer_has_its_own_token_and_no_state_shows_one(demo_data: Path, tmp_path: Path) -> None:
    service = Service(tmp_path, demo_data)
    answers = [service.client.post("/survey/clustering", SURVEY, **LATER) for _ in range(2)]
    location = answers[0].headers["Location"]
    tokens = [answer.headers["Cancel-Token"] for answer in answers]
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) >= 43  # 32 random bytes
    for wrong in ({}, {"Cancel-Token": ""}, {"Cancel-Token": "x" * 43}, {"Cancel-Token": location}):
        refused = service.client.post(f"{location}/cancel", b"", **wrong)
        assert (refused.status_code, read(refused)["detail"]["type"]) == (403, "cancel_token")
    one, other = (service.client.post(f"{location}/cancel", b"", **{"Cancel-Token": token}) for token in tokens)
    assert [read(answer)["status"] for answer in (one, other)] == ["queued", "cancelled"]
    shown = json.dumps([read(answer) for answer in (*answers, one, other, service.client.get(location))])
    stored = service.context.jobs.state(location.rpartition("/")[2])
    assert not [secret for secret in (*tokens, *stored.submitters, *stored.withdrawn) if secret in shown]
    service.client.post("/survey/clustering", SURVEY, **LATER)
    service.work()
    again = service.client.post("/survey/clustering", SURVEY, **LATER)
    assert read(again)["status"] == "succeeded"
    ended = service.client.post(f"{location}/cancel", b"", **{"Cancel-Token": again.headers["Cancel-Token"]})
    assert (ended.status_code, read(ended)["status"]) == (200, "succeeded")
    service.context.dataset.stop()
