"""Every view of the explorer draws, on demo data and on real data, without an error and from its own origin only."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opened
from tests.conftest import PROJECT

INDICATOR = "key-wdi-EG.ELC.ACCS.ZS"
PHONE, SMALL = (390, 844), (360, 640)
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = {
    "gaps": "",
    "gaps of an indicator": f"?view=gaps&target={INDICATOR}",
    "fill": f"?view=fill&dataset=key&target={INDICATOR}&target_year=2001",
    "time": f"?view=time&target={INDICATOR}&country=FJI",
    "alike": "?view=alike",
    "survey": "?view=survey",
}
DRAWN = [name for name in VIEWS if name not in ("fill", "survey")]

OpenPage = Callable[..., Opened]


def charts(page: Page) -> int:
    return page.locator("figure .drawing svg").count()


def is_quiet(opened: Opened) -> None:
    assert opened.said == []
    assert opened.other_origins() == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_draws_the_demo_data(open_page: OpenPage, view: str) -> None:
    opened = open_page()
    page = opened.show(VIEWS[view])
    assert page.get_by_role("alert").all_inner_texts() == []
    if view in DRAWN:
        expect(page.locator("figure .drawing svg").first).to_be_visible()
    is_quiet(opened)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_draws_the_real_data(open_page: OpenPage, real_host: str, view: str) -> None:
    opened = open_page(real_host)
    page = opened.show(VIEWS[view])
    assert page.get_by_role("alert").all_inner_texts() == []
    if view in DRAWN:
        expect(page.locator("figure .drawing svg").first).to_be_visible()
    is_quiet(opened)


def test_the_first_view_draws_every_cell_without_a_click_on_a_phone(open_page: OpenPage) -> None:
    opened = open_page(size=PHONE)
    page = opened.show()
    assert page.locator("[data-mark=cell] rect").count() == 50 * 21
    is_quiet(opened)


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_scrolls_sideways_on_a_small_phone(open_page: OpenPage, view: str) -> None:
    page = open_page(size=SMALL).show(VIEWS[view])
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_serious_barrier(open_page: OpenPage, view: str, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core needs `npm ci`")
    page = open_page(scheme=scheme).show(VIEWS[view])
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in serious] == []


def test_the_keyboard_reaches_every_view_and_the_content(open_page: OpenPage) -> None:
    page = open_page().show()
    focused = []
    for _ in range(8):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert focused[0] == "Skip to the content"
    assert {"Gaps", "Fill", "Over time", "Alike", "Survey"} <= set(focused)
    page.get_by_role("link", name="Alike").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Countries that are alike")


def test_an_indicator_is_found_as_one_types_and_opened_by_keyboard(open_page: OpenPage) -> None:
    opened = open_page()
    page = opened.show()
    page.get_by_role("searchbox").fill("access electricity")
    expect(page.locator(".results button")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Synthetic access to electricity")).to_be_visible()
    assert f"target={INDICATOR}" in page.url
    page.get_by_role("button", name="Fill this year").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fill the gaps of an indicator")
    is_quiet(opened)


def test_a_filled_indicator_shows_what_the_interface_answers_and_survives_a_reload(open_page: OpenPage) -> None:
    opened = open_page()
    page = opened.show(VIEWS["fill"])
    page.get_by_role("button", name="Fill the gaps").click()
    page.wait_for_url("**job=*")
    page.reload()
    expect(page.get_by_role("heading", name="How sure this is")).to_be_visible()
    page.wait_for_load_state("networkidle")
    job = page.url.partition("job=")[2]
    answer = page.request.get(f"{opened.host}/jobs/{job}/result").json()
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV").first.click()
    header, *lines = Path(saving.value.path()).read_text().splitlines()
    assert header == "country,year,indicator,value,lower,upper,status"
    rows = {line.split(",")[0]: line.split(",") for line in lines}
    assert {code: float(row[3]) for code, row in rows.items()} == answer["indicatorJson"]["data"]["2001"]
    imputed = answer["prediction"]["Country Code"]
    assert sorted(code for code, row in rows.items() if row[6] == "imputed") == sorted(imputed)
    assert [float(rows[code][4]) for code in imputed] == answer["prediction"]["lower"]
    assert charts(page) == 1 + 3 + 1 + 4 + 1
    assert page.locator("[data-mark=dot] path[stroke-width='2']").count() >= len(imputed)
    is_quiet(opened)


def test_who_asked_for_a_job_may_cancel_it_and_others_may_not(open_page: OpenPage) -> None:
    mine = open_page()
    page = mine.show(f"{VIEWS['fill']}&estimators=1000&model=all&number_predictor=50")
    page.get_by_role("button", name="Fill the gaps").click()
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    other = open_page()
    other.page.goto(page.url)
    expect(other.page.get_by_role("progressbar")).to_be_visible()
    expect(other.page.get_by_role("button", name="Cancel")).to_have_count(0)
    cancel.click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    expect(other.page.get_by_text("Cancelled.")).to_be_visible()
    is_quiet(mine)


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_a_chart_is_saved_as_svg_png_and_excel(open_page: OpenPage) -> None:
    from openpyxl import load_workbook

    opened = open_page()
    page = opened.show()
    starts = {"SVG": b"<svg", "PNG": b"\x89PNG"}
    for kind, start in starts.items():
        with page.expect_download() as saving:
            page.get_by_role("button", name=kind).first.click()
        assert Path(saving.value.path()).read_bytes().startswith(start)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Excel").first.click()
    sheet = load_workbook(BytesIO(Path(saving.value.path()).read_bytes())).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == ["country", "year", "observed", "fillable"]
    assert sheet.max_row == 1 + 50 * 21
    is_quiet(opened)


def test_missing_years_are_imputed_one_by_one(open_page: OpenPage) -> None:
    opened = open_page()
    page = opened.show(VIEWS["time"])
    page.get_by_role("button", name="Impute 2000").click()
    expect(page.get_by_text("Imputed: 2000.")).to_be_visible()
    is_quiet(opened)


def test_clusters_are_chosen_by_hand(open_page: OpenPage) -> None:
    opened = open_page()
    page = opened.show(VIEWS["alike"])
    page.get_by_label("Number of clusters").fill("3")
    page.get_by_label("Number of clusters").press("Enter")
    expect(page.get_by_role("heading", name="3 clusters")).to_be_visible()
    assert "k=3" in page.url
    is_quiet(opened)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_survey_is_clustered_from_its_files(open_page: OpenPage, tmp_path: Path, ending: str) -> None:
    from pandas import DataFrame

    answers = DataFrame({"Income": ["fish", "tour", "fish", "tour"] * 5, "Size": [1.0, 5.5, 1.5, 6.0] * 5})
    path = tmp_path / f"answers.{ending}"
    if ending == "csv":
        answers.to_csv(path, index=False, sep=";")
    else:
        answers.to_excel(path, index=False)
    opened = open_page()
    page = opened.show(VIEWS["survey"])
    page.get_by_label("Answers").set_input_files(path)
    expect(page.get_by_text("20 rows, 2 columns")).to_be_visible()
    page.get_by_role("button", name="Cluster").click()
    expect(page.get_by_role("heading", name="What is typical of each cluster")).to_be_visible()
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV").last.click()
    labels = [line.split(",")[1] for line in Path(saving.value.path()).read_text().splitlines()[1:]]
    assert labels == labels[:4] * 5
    assert labels[0] != labels[1]
    is_quiet(opened)


def test_the_request_on_screen_can_be_taken_away(open_page: OpenPage) -> None:
    page = open_page().show(VIEWS["alike"])
    page.get_by_text("As curl, as Python").first.click()
    shown, code = (page.locator("pre").nth(at).inner_text() for at in (0, 1))
    curl, address, _, header, _, body = shlex.split(shown)
    assert (curl, header) == ("curl", "Content-Type: application/json")
    answer = httpx.post(address, json=json.loads(body)).raise_for_status().json()
    ran = subprocess.run([sys.executable, "-c", f"{code}\nprint(result)"], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(answer)
