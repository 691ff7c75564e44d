"""What the explorer says when the service cannot answer, and what it costs to load."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opened
from tests.browser.test_views import INDICATOR, VIEWS
from tests.local_host import running_host

OpenPage = Callable[..., Opened]
MOST_BYTES = 300_000
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def answering(page: Page, pattern: str, status: int, detail: Any, headers: dict[str, str] | None = None) -> None:
    """Let the service answer an error to some requests."""

    def answer(route: Route) -> None:
        route.fulfill(status=status, headers=headers or {}, json={"detail": detail})

    page.route(pattern, answer)


@pytest.mark.parametrize(
    ("status", "detail", "headers", "said"),
    [
        (503, {"msg": "Server busy", "type": "overloaded"}, {"Retry-After": "7"}, "It expects to have time in 7 s."),
        (500, {"msg": "Internal error", "error_id": "abc"}, {}, "Internal error (error abc)"),
        (422, {"msg": "dataset 'x' is unknown", "type": "unknown_dataset"}, {}, "dataset 'x' is unknown"),
        (429, {"msg": "too many waiting jobs", "type": "too_many"}, {"Retry-After": "9"}, "Try again in 9 s."),
    ],
)
def test_an_error_is_told_in_words(
    open_page: OpenPage, status: int, detail: Any, headers: dict[str, str], said: str
) -> None:
    opened = open_page()
    answering(opened.page, "**/data/gaps*", status, detail, headers)
    page = opened.show()
    expect(page.get_by_role("alert")).to_contain_text(said)


def test_a_busy_service_is_asked_again(open_page: OpenPage) -> None:
    opened = open_page()
    answering(opened.page, "**/data/gaps*", 503, {"msg": "Server busy", "type": "overloaded"}, {"Retry-After": "1"})
    page = opened.show()
    page.unroute("**/data/gaps*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("figure .drawing svg").first).to_be_visible()


def test_a_service_that_is_gone_is_told(open_page: OpenPage) -> None:
    opened = open_page()
    opened.page.route("**/data/gaps*", lambda route: route.abort())
    page = opened.show()
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer.")


def test_without_data_the_page_says_so(open_page: OpenPage, tmp_path: Path) -> None:
    with running_host(tmp_path, {"DATASET_CONTAINER_URL": "https://nowhere.blob.core.windows.net/data"}) as host:
        page = open_page(host.url).show()
        expect(page.get_by_role("alert")).to_contain_text("The service cannot answer now")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_an_unknown_job_is_told_and_the_form_stays(open_page: OpenPage) -> None:
    page = open_page().show(f"{VIEWS['fill']}&job={'0' * 32}")
    expect(page.get_by_role("alert")).to_contain_text("does not exist")


def test_only_served_models_have_a_view(open_page: OpenPage, demo_data: Path, tmp_path: Path) -> None:
    with running_host(tmp_path, {"DATASET_PATH": str(demo_data), "MODEL_SERVICE": "correlation"}) as host:
        host.wait_for("Ready: ")
        page = open_page(host.url).show()
        assert page.locator("#views a").all_inner_texts() == ["Gaps", "Alike"]
        expect(page.locator("figure .drawing svg").first).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_the_first_load_is_small(open_page: OpenPage, real_host: str, view: str) -> None:
    opened = open_page(real_host)
    network = opened.page.context.new_cdp_session(opened.page)
    network.send("Network.enable")
    received: list[float] = []
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    opened.show(VIEWS[view])
    assert 0 < sum(received) <= MOST_BYTES


def test_browsers_are_sent_to_the_page_and_programs_are_not(host: str) -> None:
    redirect = httpx.get(host, headers=BROWSER)
    assert (redirect.status_code, redirect.headers["location"]) == (303, "/explore")
    for accept in ("*/*", "application/json"):
        assert httpx.get(host, headers={"Accept": accept}).json()["docs"] == "/docs"


def test_the_page_allows_nothing_from_elsewhere(host: str) -> None:
    policy = httpx.get(f"{host}/explore").headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy


def test_files_are_kept_by_browsers_and_compressed(host: str) -> None:
    text = httpx.get(f"{host}/explore").text
    (address,) = {part for part in text.split('"') if part.startswith("/explore/d3.min.js?v=")}
    plain = httpx.get(host + address, headers={"Accept-Encoding": "identity"})
    assert "immutable" in plain.headers["cache-control"]
    assert "content-encoding" not in plain.headers
    for accepted, coding in (("gzip", "gzip"), ("br, gzip", "br"), ("br;q=0, gzip", "gzip")):
        with httpx.stream("GET", host + address, headers={"Accept-Encoding": accepted}) as answer:
            assert answer.headers["content-encoding"] == coding
            assert len(b"".join(answer.iter_raw())) < len(plain.content) / 2
    own = httpx.get(f"{host}/explore/main.js")
    assert own.headers["content-encoding"] == "gzip"
    etag = {"If-None-Match": own.headers["etag"]}
    assert httpx.get(f"{host}/explore/main.js", headers=etag).status_code == 304
    assert "./api.js?v=" in own.text


@pytest.mark.parametrize(
    "name", ["index.html", "package.json", "package-lock.json", "vendor.mjs", "..%2Fhost.json", "d3.min.js.br", "x.js"]
)
def test_only_files_of_the_page_are_served(host: str, name: str) -> None:
    answer = httpx.get(f"{host}/explore/{name}")
    assert answer.status_code == 404
    assert json.loads(answer.text)["detail"]


def test_every_state_has_an_address(open_page: OpenPage) -> None:
    first = open_page().show(VIEWS["gaps of an indicator"])
    second = open_page().show(first.url.partition("/explore")[2])
    for page in (first, second):
        expect(page.get_by_role("heading", name="Synthetic access to electricity")).to_be_visible()
    assert INDICATOR in second.url
