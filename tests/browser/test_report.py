"""The report of a batch as a page, in a real browser under a policy that allows nothing but its own style."""

from playwright.sync_api import Browser

from sids_core.imputation.config import ImputationConfig
from sids_service.batch.plan import BatchItem, BatchPlan, Selection
from sids_service.batch.records import Quality
from sids_service.batch.report import Names, make_report
from sids_service.batch.report_page import POLICY, page
from tests.browser.conftest import MILLISECONDS, Opened

ADDRESS = "http://report.example/report.html"
HOSTILE = '<img src="http://elsewhere.example/x" onerror="document.title=1">'


def report() -> str:
    """Four targets in ten years."""
    qualities = {
        BatchItem("wdi", f"wdi-{code}", year, year): Quality(
            rmse_deviation=0.1 + 0.05 * number + 0.01 * (year % 7),
            coverage=0.85 + 0.01 * number,
            coverage_sids=0.9,
            nominal_coverage=0.9,
            imputed=10 + number,
            unreliable=number,
        )
        for number, code in enumerate("ABCD")
        for year in range(2010, 2020)
    }
    plan = BatchPlan("v1", ImputationConfig(), Selection((2010, 2019)), 1, ())
    countries = {code: (40 + place, 5 * place) for place, code in enumerate(("FJI", "TON", "WSM", "KIR"))}
    names = Names({"wdi": "World Development Indicators"}, {"wdi-A": HOSTILE})
    return page(make_report(plan, qualities, {}, names, countries), qualities)


def test_it_opens_under_a_strict_policy_and_asks_for_nothing(browser: Browser) -> None:
    context = browser.new_context()
    opened = Opened(context.new_page(), "http://report.example")
    opened.page.route(
        "**/*",
        lambda route: route.fulfill(
            body=report(), content_type="text/html", headers={"Content-Security-Policy": POLICY}
        ),
    )
    opened.page.goto(ADDRESS, timeout=MILLISECONDS)
    assert opened.page.title() == "etr AFS on dataset version v1"
    assert opened.page.get_by_text(HOSTILE).count() == 1
    plots = opened.page.locator("svg")
    assert plots.count() == 4
    for plot in plots.all():
        box = plot.bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 90
    assert opened.page.locator("td").first.evaluate("cell => getComputedStyle(cell).textAlign") == "left"
    assert [url for url in opened.asked if url not in (ADDRESS, "http://report.example/favicon.ico")] == []
    assert opened.said == []
    context.close()
