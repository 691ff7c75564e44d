"""The built site (`make docs`): every link has a target, and no page asks another origin for anything."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import PROJECT

SITE = PROJECT / "build" / "site"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}

pytestmark = pytest.mark.skipif(not PAGES, reason="make docs builds the site")


class Page(HTMLParser):
    """The anchors of a page, its links, and the addresses that a browser fetches with it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.anchors |= {given.get("id", ""), given.get("name", "")}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") != "canonical":
            self.fetched.append(given.get("href", ""))
        if tag in FETCHED:
            self.fetched.append(given.get(FETCHED[tag], ""))


@pytest.mark.parametrize("name", PAGES)
def test_links_have_a_target(name: str) -> None:
    page = Page(SITE / name)
    for link in [*page.links, *page.fetched]:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (SITE / name).parent / unquote(parts.path) if parts.path else SITE / name
        if name == "404.html":  # its addresses start at the site's root
            target = SITE / unquote(parts.path).lstrip("/")
        assert target.exists(), link
        if parts.fragment and target.suffix == ".html":
            assert unquote(parts.fragment) in Page(target).anchors, link


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched_from_elsewhere(name: str) -> None:
    assert [address for address in Page(SITE / name).fetched if urlsplit(address).netloc] == []
