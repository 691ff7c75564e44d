"""Messages come in order, are hidden while somebody has them, and come again."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from azure.storage.queue import QueueClient

from sids_service.jobs.queue import open_queue

if TYPE_CHECKING:
    from sids_service.jobs.queue import MessageQueue
    from tests.service.jobs.conftest import Place


def test_messages_come_in_order_and_once(place: "Place") -> None:
    queue = place.queue
    assert queue.receive(30) is None
    assert queue.length() == 0
    for text in "abc":
        queue.put(text)
    assert queue.length() == 3
    received = [message for _ in range(4) if (message := queue.receive(30))]
    assert [message.text for message in received] == ["a", "b", "c"]
    for message in received:
        queue.delete(message)
    assert queue.length() == 0


def test_a_message_that_is_let_go_comes_again_and_is_counted(place: "Place") -> None:
    queue = place.queue
    queue.put("a")
    for count in (1, 2, 3):
        message = queue.receive(30)
        assert message is not None
        assert (message.text, message.dequeues) == ("a", count)
        queue.hide(message, 0)


def test_an_extended_message_is_deleted_by_its_new_receipt(place: "Place") -> None:
    queue = place.queue
    queue.put("a")
    message = queue.receive(30)
    assert message is not None
    queue.delete(queue.hide(message, 60))
    assert queue.length() == 0


def test_who_was_too_slow_neither_deletes_nor_extends(place: "Place") -> None:
    queue = place.queue
    queue.put("a")
    slow = queue.receive(30)
    assert slow is not None
    queue.hide(slow, 0)
    quick = queue.receive(30)
    assert quick is not None
    queue.hide(slow, 60)
    queue.delete(slow)
    assert queue.length() == 1
    queue.delete(quick)
    assert queue.length() == 0
    queue.delete(quick)
    queue.hide(quick, 1)


def test_of_many_who_receive_each_message_is_somebodys(place: "Place") -> None:
    """Each has a connection of its own, as workers have, and so waits for the locks of the others."""
    for number in range(40):
        place.queue.put(str(number))

    def receive_all(queue: "MessageQueue") -> list[int]:
        return [int(message.text) for message in iter(partial(queue.receive, 30), None)]

    with ThreadPoolExecutor(8) as pool:
        received = pool.map(receive_all, [open_queue(place.settings) for _ in range(8)])
    assert sorted(chain.from_iterable(received)) == list(range(40))


def test_messages_are_encoded_as_host_json_says(in_azurite: "Place") -> None:
    in_azurite.queue.put("a job")
    secret = in_azurite.settings.jobs_storage
    assert secret is not None
    with QueueClient.from_connection_string(secret.get_secret_value(), in_azurite.settings.jobs_queue) as client:
        (peeked,) = client.peek_messages()
        assert b64decode(peeked.content) == b"a job"
        assert peeked.expires_on is not None
        assert peeked.expires_on.year > 9000
        client.clear_messages()
        client.send_message("not base64!")
    message = in_azurite.queue.receive(30)
    assert message is not None
    assert message.text == "not base64!"
