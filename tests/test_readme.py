"""The tables of endpoints and settings name what the code has, and every link to a file of the project has a target."""

import re
from pathlib import Path

import pytest

from sids_service.settings import Settings
from tests.calls import CALLS

PROJECT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.relative_to(PROJECT).as_posix() for path in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])


def text(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def test_every_setting_is_explained() -> None:
    listed = {line.split("`")[1] for line in text("docs/configuration.md").splitlines() if line.startswith("| `")}
    assert listed >= (names := {name.upper() for name in Settings.model_fields})
    assert {name for name in listed if name.isupper()} == names


def test_every_model_is_in_the_endpoint_table() -> None:
    for model in set(CALLS) - {"service"}:
        assert f"`/{model}`" in text("docs/reference.md")


@pytest.mark.parametrize("page", PAGES)
def test_links_have_a_target(page: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", text(page)):
        if not link.startswith(("https://", "mailto:")):
            path, _, anchor = link.partition("#")
            target = (PROJECT / page).parent / path if path else PROJECT / page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
