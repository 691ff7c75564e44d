"""The explorer of a service whose access is closed: it asks for a key or a token, and uses it for everything."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opened
from tests.browser.test_views import VIEWS
from tests.issuer import Issuer, running_issuer
from tests.local_host import running_host

OpenPage = Callable[..., Opened]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def closed(issuer: Issuer, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a host that wants tokens."""
    settings = {name.upper(): value for name, value in issuer.settings().items()}
    with running_host(tmp_path_factory.mktemp("closed"), {"DATASET_PATH": str(demo_data), **settings}) as host:
        assert "Access: tokens of Entra ID for everything" in host.wait_for("Ready: ")
        yield host.url


def enter(page: Page, text: str) -> None:
    page.get_by_label("Key or token").fill(text)
    page.get_by_role("button", name="Use it").click()


def test_the_page_asks_for_a_token_and_uses_it_for_everything(open_page: OpenPage, closed: str, issuer: Issuer) -> None:
    opened = open_page(closed)
    page = opened.show(VIEWS["fill"])
    expect(page.get_by_role("alert")).to_contain_text("Access to this service is closed.")
    enter(page, f"  Bearer {issuer.token()}\n")
    page.get_by_role("button", name="Fill the gaps").click()
    expect(page.locator("figure .drawing svg").first).to_be_visible()
    page.get_by_text("As curl, as Python").first.click()
    expect(page.locator("pre").first).to_contain_text('-H "Authorization: Bearer $TOKEN"')
    page.reload()
    expect(page.locator("figure .drawing svg").first).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == ["sids-cancel-tokens"]
    assert page.evaluate("document.cookie") == ""


def test_a_token_that_is_refused_is_asked_for_anew_with_the_reason(
    open_page: OpenPage, closed: str, issuer: Issuer
) -> None:
    page = open_page(closed).show()
    for text, said in (
        ("kéy", "That is neither a key nor a token"),
        (issuer.token(exp=1), "was not accepted: The token is not valid: it has expired"),
        (issuer.token(roles=["Other"]), "does not give access to this: The token is valid, but has neither"),
        ("some-key==", "was not accepted: This needs an access token of Entra ID"),
    ):
        enter(page, text)
        expect(page.get_by_role("alert")).to_contain_text(said)
    page.get_by_label("Key or token").fill(issuer.token())
    page.get_by_label("Key or token").press("Enter")
    expect(page.locator("figure .drawing svg").first).to_be_visible()


def test_a_key_of_the_host_goes_along(open_page: OpenPage) -> None:
    """The Functions host answers 401 itself, without a body."""
    opened = open_page()

    def answer(route: Route) -> None:
        if route.request.headers.get("x-functions-key") == "secret==":
            route.continue_()
        else:
            route.fulfill(status=401, body="")

    for pattern in ("**/data/**", "**/params", "**/twolvlImp/**"):
        opened.page.route(pattern, answer)
    page = opened.show()
    enter(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("was not accepted: Unauthorized.")
    enter(page, "secret==")
    expect(page.locator("figure .drawing svg").first).to_be_visible()


def test_access_that_ends_within_a_form_is_asked_for_there(open_page: OpenPage, closed: str, issuer: Issuer) -> None:
    page = open_page(closed).show(VIEWS["fill"])
    enter(page, issuer.token())
    button = page.get_by_role("button", name="Fill the gaps")
    expect(button).to_be_enabled()
    page.evaluate("sessionStorage.clear()")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Access to this service is closed.")
    enter(page, issuer.token())
    expect(page.get_by_role("alert")).to_contain_text("It is used from now on.")
    button.click()
    expect(page.locator("figure .drawing svg").first).to_be_visible()


def test_the_page_of_the_interface_takes_a_token(open_page: OpenPage, closed: str, issuer: Issuer) -> None:
    page = open_page(closed).page
    page.goto(f"{closed}/docs")
    page.get_by_role("button", name="Authorize").click()
    page.locator("input#auth-bearer-value").fill(issuer.token())
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    page.locator("#operations-Service-service_datasets").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
