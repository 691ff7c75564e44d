"""Plays the Functions host: feeds the platform's worker library the messages of a start and of every call.

Runs in an environment that has the service's requirements and azure-functions-runtime. Reads a list of calls from
standard input, writes `{"indexed": {name: level, ...}, "listed": [...], "answers": [...]}` to standard output; a level
is that of an HTTP trigger, empty for others. The messages are plain objects with the fields of the worker's protocol,
since the worker reads attributes and builds what it is given.
"""

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import azure_functions_runtime as worker


class Message(SimpleNamespace):
    """Any message of the protocol: it has the fields it was made with."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802
        return next(iter(vars(self)), None)


class StatusResult(Message):
    Success = "success"
    Failure = "failure"


class BindingInfo(Message):
    inout, out, undefined = 2, 1, 0


class Protos:
    StatusResult = StatusResult
    BindingInfo = BindingInfo

    def __getattr__(self, _name: str) -> type[Message]:
        return Message


PROTOS = Protos()


def request(kind: str, **fields: Any) -> Message:
    body = Message(**{kind: Message(**fields)})
    return Message(request=body, properties={"host": "127.0.0.1", "protos": PROTOS})


def text(value: str) -> Message:
    return Message(string=value)


def http_request(call: dict[str, Any]) -> Message:
    body = b"" if call["body"] is None else json.dumps(call["body"]).encode()
    return Message(
        http=Message(
            method=call["method"],
            url=f"http://localhost{call['path']}?{urlencode(call['query'])}",
            headers={"origin": "http://localhost", "x-request-id": call["function"]},
            params=call["route_params"],
            query=call["query"],
            body=Message(bytes=body),
        )
    )


async def answer(function_id: str, call: dict[str, Any]) -> dict[str, Any]:
    trigger = Message(name="req", WhichOneof=lambda _group: "data", data=http_request(call))
    trace = Message(trace_parent=call.get("trace_parent", ""), trace_state="", attributes={})
    nothing = Message(retry_count=0, max_retry_count=0, exception=None)
    response = await worker.invocation_request(
        request(
            "invocation_request",
            invocation_id=call["function"],
            function_id=function_id,
            input_data=[trigger],
            trigger_metadata={},
            trace_context=trace,
            retry_context=nothing,
        )
    )
    if response.result.status != StatusResult.Success:
        return {"function": call["function"], "failure": response.result.exception.message}
    http = response.return_value.http
    return {
        "function": call["function"],
        "status": int(http.status_code),
        "headers": {name.lower(): value for name, value in http.headers.items()},
        "body": http.body.bytes.decode(),
    }


def level(function: Message) -> str:
    """Who may call a function, as the host reads it."""
    bindings = [json.loads(binding) for binding in function.raw_bindings]
    return next((str(binding["authLevel"]) for binding in bindings if "authLevel" in binding), "")


async def drive(calls: list[dict[str, Any]], project: Path) -> dict[str, Any]:
    worker.start_threadpool_executor()
    started = await worker.worker_init_request(
        request("worker_init_request", capabilities={}, function_app_directory=str(project))
    )
    if started.result.status != StatusResult.Success:
        raise SystemExit(started.result.exception.message)
    metadata = await worker.functions_metadata_request(request("functions_metadata_request"))
    functions = {function.name: function.function_id for function in metadata.function_metadata_results}
    for function_id in functions.values():
        loaded = await worker.function_load_request(
            request("function_load_request", function_id=function_id, metadata=None)
        )
        if loaded.result.status != StatusResult.Success:
            raise SystemExit(f"{function_id} does not load")
    from function_app import app, dataset

    dataset.panel()  # until the data is there, /ready rightly answers 503
    answers = [await answer(functions[call["function"]], call) for call in calls]
    listed = [function.get_function_name() for function in app.get_functions()]
    levels = {function.name: level(function) for function in metadata.function_metadata_results}
    return {"indexed": levels, "listed": listed, "answers": answers}


def main() -> None:
    project = Path.cwd()
    sys.path.insert(0, str(project))
    result = asyncio.run(drive(json.load(sys.stdin), project))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
