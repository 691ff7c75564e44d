"""What a user of the explorer waits for on a slow line, in a real Chromium, on the README's own command.

`python -m benchmarks.explorer [--runs 5]`: 400 kbit/s down and up, 400 ms of latency, an empty cache for each run, real
data. First paint: the page shows itself. First view: the map of gaps is drawn. Indicator to filled chart: from the
choice of an indicator that nobody has asked for yet, to the drawn values with their intervals.
"""

import argparse
import shutil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import REAL_DATA
from tests.local_host import running_host

BITS_PER_SECOND, LATENCY = 400_000, 400
YEARS = (2001, 2005, 2009, 2013, 2017, 2003, 2007, 2011, 2015, 2019)
INDICATOR = "key-wdi-EG.ELC.ACCS.ZS"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {"first paint": [], "first view drawn": [], "indicator to filled chart": []}
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with running_host(Path(folder), {"DATASET_PATH": str(REAL_DATA)}) as host:
            host.wait_for("Ready: ")
            for run in range(arguments.runs):
                _measure(browser, host.url, YEARS[run % len(YEARS)], seconds)
        browser.close()
    print(f"| step, {BITS_PER_SECOND // 1000} kbit/s, {LATENCY} ms | median seconds | largest |")
    print("|---|---|---|")
    for step, taken in seconds.items():
        print(f"| {step} | {median(taken):.1f} | {max(taken):.1f} |")


def _measure(browser: Browser, host: str, year: int, seconds: dict[str, list[float]]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(300_000)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY,
            "downloadThroughput": BITS_PER_SECOND / 8,
            "uploadThroughput": BITS_PER_SECOND / 8,
        },
    )
    start = perf_counter()
    page.goto(f"{host}/explore", wait_until="commit")
    page.locator("figure .drawing svg").first.wait_for()
    seconds["first view drawn"].append(perf_counter() - start)
    seconds["first paint"].append(_first_paint(page))
    start = perf_counter()
    page.goto(f"{host}/explore?view=fill&dataset=key&target={INDICATOR}&target_year={year}", wait_until="commit")
    page.locator("form button.main:enabled").click()
    page.locator("section.honest").wait_for()
    page.locator("[data-mark=rule]").first.wait_for()
    seconds["indicator to filled chart"].append(perf_counter() - start)
    context.close()


def _first_paint(page: Page) -> float:
    entry = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return float(page.evaluate(entry)) / 1000


if __name__ == "__main__":
    main()
