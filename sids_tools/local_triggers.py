"""Queue and timer triggers, as the Azure Functions host serves them: from `app.get_functions()` and host.json.

One message at a time for each function, since host.json asks for a batch size of one. A function that raises gets its
message again after `visibilityTimeout`; after `maxDequeueCount` times it goes to the queue `<name>-poison`. Settings of
host.json can be overridden as on the platform: `AzureFunctionsJobHost__extensions__queues__visibilityTimeout`.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from azure.functions.decorators.function_app import Function
from azure.functions.decorators.queue import QueueTrigger
from azure.functions.decorators.timer import TimerTrigger
from azure.functions.queue import QueueMessage
from azure.functions.timer import TimerRequest

from sids_service.errors import ConfigurationError
from sids_service.jobs.messages import Message
from sids_service.jobs.polling import Poller
from sids_service.jobs.storage_queue import StorageQueue

OVERRIDE = "AzureFunctionsJobHost__extensions__queues__"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What host.json says of queues.

    Attributes:
        visibility_seconds: until a message comes again that failed, or whose function died.
        most_dequeues: how often a message may come.
    """

    visibility_seconds: float
    most_dequeues: int

    @classmethod
    def read(cls, host_json: Path, environment: Mapping[str, str]) -> "QueueSettings":
        """From host.json and what overrides it."""
        queues = json.loads(host_json.read_text(encoding="utf-8"))["extensions"]["queues"]
        visibility = environment.get(f"{OVERRIDE}visibilityTimeout", queues["visibilityTimeout"])
        hours, minutes, seconds = visibility.split(":")
        most = environment.get(f"{OVERRIDE}maxDequeueCount", queues["maxDequeueCount"])
        return cls(int(hours) * 3600 + int(minutes) * 60 + float(seconds), int(most))


def start_triggers(
    functions: Iterable[Function], settings: QueueSettings, environment: Mapping[str, str], stop: Event
) -> None:
    """Serve the queue and timer triggers among these functions until stopped, a thread each.

    Raises:
        ConfigurationError: the environment does not have the connection of a queue.
    """
    for function in functions:
        trigger = function.get_trigger()
        if isinstance(trigger, QueueTrigger):
            poller = _poller(function, trigger, settings, environment)
            Thread(target=poller.run, args=(stop,), name=function.get_function_name(), daemon=True).start()
        elif isinstance(trigger, TimerTrigger):
            call = function.get_user_function()
            Thread(
                target=_keep_time, args=(call, trigger, stop), name=function.get_function_name(), daemon=True
            ).start()


def _poller(
    function: Function, trigger: QueueTrigger, settings: QueueSettings, environment: Mapping[str, str]
) -> Poller:
    call = function.get_user_function()
    poison = _queue(trigger.connection, f"{trigger.queue_name}-poison", environment)

    def handle(message: Message) -> None:
        call(
            QueueMessage(  # type: ignore[no-untyped-call]
                id=message.name, body=message.text, dequeue_count=message.dequeues, pop_receipt=message.receipt
            )
        )

    return Poller(
        _queue(trigger.connection, trigger.queue_name, environment),
        handle,
        lambda message: poison.put(message.text),
        hidden_seconds=settings.visibility_seconds,
        most_dequeues=settings.most_dequeues,
    )


def _queue(connection: str, name: str, environment: Mapping[str, str]) -> StorageQueue:
    """The queue of a connection: a connection string of that name, or a URI opened by identity."""
    # The platform reads names of settings in any case.
    settings = {key.upper(): value for key, value in environment.items()}
    secret = settings.get(connection.upper())
    if secret:
        return StorageQueue.by_connection_string(secret, name)
    uri = settings.get(f"{connection}__queueServiceUri".upper())
    if not uri:
        raise ConfigurationError(
            f"{connection} and {connection}__queueServiceUri are not set, one of which {name} needs"
        )
    return StorageQueue.by_identity(uri, name)


def _keep_time(call: Callable[..., None], trigger: TimerTrigger, stop: Event) -> None:
    from cronsim import CronSim

    for due in CronSim(trigger.schedule, datetime.now(UTC)):
        if stop.wait((due - datetime.now(UTC)).total_seconds()):
            return
        try:
            call(TimerRequest())
        except Exception:
            logger.exception("the timer %s failed", trigger.schedule)
