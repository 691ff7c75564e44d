"""A real Chromium, and pages that note whatever a user would not see: console errors and requests to other origins."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.local_host import running_host

NAMES = ("chromium", "chromium-browser", "google-chrome")
DESKTOP = (1200, 900)
MILLISECONDS = 60_000
"""How long a state is waited for; a page that never shows it fails."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, else the one that `playwright install` has downloaded.

    Not for the whole session: while it is open, its event loop runs in this thread, where others cannot run theirs.
    """
    expect.set_options(timeout=MILLISECONDS)
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        except Error:
            pytest.skip(f"no browser: install {NAMES[0]}, or run `playwright install chromium`")
        yield running
        running.close()


class Opened:
    """A page of a host, and what it did."""

    def __init__(self, page: Page, host: str) -> None:
        self.page = page
        self.host = host
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda line: self.said.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.set_default_timeout(MILLISECONDS)

    def show(self, query: str = "") -> Page:
        """Open a state of the page, and wait until it draws no more."""
        self.page.goto(f"{self.host}/explore{query}")
        self.page.wait_for_load_state("networkidle")
        return self.page

    def other_origins(self) -> list[str]:
        own = urlsplit(self.host).netloc
        return [url for url in self.asked if urlsplit(url).scheme.startswith("http") and urlsplit(url).netloc != own]


@pytest.fixture
def open_page(browser: Browser, host: str) -> Iterator[Callable[..., Opened]]:
    """Opens pages of a host, by default of the one with the demo data; each is a new user."""
    with ExitStack() as stack:

        def opened(base: str = host, size: tuple[int, int] = DESKTOP, scheme: str = "light") -> Opened:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            stack.callback(context.close)
            return Opened(context.new_page(), base)

        yield opened


@pytest.fixture(scope="session")
def real_host(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a development host that serves the real data, loaded."""
    with running_host(tmp_path_factory.mktemp("real-host"), {"DATASET_PATH": str(real_data)}) as running:
        running.wait_for("Ready: ")
        yield running.url
