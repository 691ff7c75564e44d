"""What telemetry costs: processor time of a start, and of a request, without it and with each destination.

Nobody takes what is exported, so that only the work in the service is measured.

    python -m benchmarks.telemetry
"""

import asyncio
import json
import os
import subprocess
import sys
from statistics import median
from time import process_time

STARTS, REQUESTS = 3, 1000
NOWHERE = "http://127.0.0.1:9"
PLACES = {
    "off": {},
    "OTLP": {"OTEL_EXPORTER_OTLP_ENDPOINT": NOWHERE},
    "Application Insights": {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={'0' * 8}-0000-0000-0000-{'0' * 12};"
        f"IngestionEndpoint={NOWHERE}/",
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    },
}


def main() -> None:
    """Print a row for each destination."""
    print("| telemetry | start, s | request, µs |\n|---|---|---|")
    for name, settings in PLACES.items():
        runs = [_run(settings) for _ in range(STARTS)]
        start, request = (median(run[index] for run in runs) for index in (0, 1))
        print(f"| {name} | {start:.2f} | {request * 1e6:.0f} |")


def _run(settings: dict[str, str]) -> list[float]:
    environment = {**os.environ, "DATASET_PATH": ".", **settings}
    command = [sys.executable, "-m", "benchmarks.telemetry", "measure"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    seconds: list[float] = json.loads(done.stdout)
    return seconds


def measure() -> list[float]:
    """Processor seconds of importing the app, and of a request for /health through the application."""
    began = process_time()
    from function_app import app

    started = process_time() - began
    scope = {"type": "http", "method": "GET", "path": "/health", "query_string": b"", "headers": [(b"host", b"a")]}

    async def ask(times: int) -> float:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: object) -> None:
            pass

        begin = process_time()
        for _ in range(times):
            await app.api(scope, receive, send)
        return (process_time() - begin) / times

    async def both() -> float:
        await ask(REQUESTS // 10)
        return await ask(REQUESTS)

    return [started, asyncio.run(both())]


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure()), flush=True)
        os._exit(0)
    main()
