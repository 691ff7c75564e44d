"""Pictures of the explorer for the README and the docs, from demo data: `make screenshots`."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect, sync_playwright

from sids_core.panel.demo import write_demo_data
from tests.browser.conftest import MILLISECONDS
from tests.browser.test_views import VIEWS
from tests.conftest import PROJECT
from tests.local_host import running_host

FOLDER = PROJECT / "docs" / "images"
SIZE = {"width": 1000, "height": 700}
MOST_BYTES = 150_000


def main() -> None:
    """Write one PNG per view, and fail if one is too large to commit."""
    expect.set_options(timeout=MILLISECONDS)
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        data = Path(name) / "data"
        write_demo_data(data)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
        page.set_default_timeout(MILLISECONDS)
        with running_host(Path(name), {"DATASET_PATH": str(data)}) as host:
            host.wait_for("Ready: ")
            for view in ("gaps of an indicator", "fill", "time", "alike"):
                page.goto(f"{host.url}/explore{VIEWS[view]}")
                page.wait_for_load_state("networkidle")
                if view == "fill":
                    _fill(page)
                path = FOLDER / f"explorer-{view.partition(' ')[0]}.png"
                page.screenshot(path=path)
                if path.stat().st_size > MOST_BYTES:
                    raise SystemExit(f"{path} has {path.stat().st_size} bytes; at most {MOST_BYTES} are committed")
        browser.close()


def _fill(page: Page) -> None:
    page.get_by_role("button", name="Fill the gaps").click()
    expect(page.get_by_role("heading", name="How sure this is")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


if __name__ == "__main__":
    main()
