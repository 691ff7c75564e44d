"""Alerts and the workbook ask for what is written, and tell somebody."""

import json
import re
from collections.abc import Iterator, Mapping

import pytest

from tests.infra.tools import PROJECT

BICEP = PROJECT / "infra" / "bicep"
# Table → where in the templates it is said that its rows are written.
TABLES = {
    "StorageQueueLogs": ("modules/storage.bicep", "scope: queueService"),
    "AppRequests": ("modules/monitoring.bicep", "WorkspaceResourceId: workspace.id"),
    "AppMetrics": ("modules/monitoring.bicep", "WorkspaceResourceId: workspace.id"),
    "_LogOperation": ("modules/monitoring.bicep", "workspaceCapping: {"),
    "KubePodInventory": ("modules/container-logs.bicep", "'Microsoft-KubePodInventory'"),
    "KubeEvents": ("modules/container-logs.bicep", "'Microsoft-KubeEvents'"),
}
# The same rows, as a workbook of Application Insights names them.
CLASSIC = {"requests", "customMetrics", "traces"}
METRICS = {
    "sids.cache",
    "sids.dataset.age",
    "sids.jobs",
    "sids.jobs.ended",
    "sids.queue.messages",
    "sids.run.duration",
}
QUERY = re.compile(r"(?m)^    query: '(.+)'$")
METRIC = re.compile(r"""\b[nN]ame == ["']([\w.]+)["']""")
# What somebody must be told of.
ASKED = ("poison-messages", "server-errors", "dataset-age", "not-ready", "budget")


def rule_faults(text: str) -> Iterator[str]:
    """Queries that ask for what nobody writes, or do not give the value that is compared."""
    for query in QUERY.findall(text):
        table = query.partition(" ")[0]
        if table not in TABLES:
            yield f"nobody writes {table}"
        yield from (f"no metric {name}" for name in METRIC.findall(query) if name not in METRICS)
        if not re.search(r"(summarize|project) Value = [^|]+$", query):
            yield f"no column Value: {query}"
        if query.count("(") != query.count(")") or query.count('"') % 2:
            yield f"not closed: {query}"


def workbook_faults(text: str) -> Iterator[str]:
    book = json.loads(text)
    assert book["version"] == "Notebook/1.0"
    names = [item["name"] for item in book["items"]]
    yield from (f"two items {name}" for name in {name for name in names if names.count(name) > 1})
    known = {entry["name"] for item in book["items"] for entry in item["content"].get("parameters", ())}
    for item in book["items"]:
        if item["type"] != 3:
            continue
        query, span = item["content"]["query"], item["content"]["timeContextFromParameter"]
        if query.partition(" ")[0] not in CLASSIC:
            yield f"{item['name']}: no such table"
        if span not in known:
            yield f"{item['name']}: no parameter {span}"
        yield from (f"{item['name']}: no metric {name}" for name in METRIC.findall(query) if name not in METRICS)
        if query.count("(") != query.count(")") or query.count("'") % 2:
            yield f"{item['name']}: not closed"


@pytest.mark.parametrize("name", ["alerts", "cluster-alerts"])
def test_alerts_ask_for_what_is_written(name: str) -> None:
    text = (BICEP / "modules" / f"{name}.bicep").read_text()
    assert len(QUERY.findall(text)) == text.count("\n    title: ") > 2
    assert list(rule_faults(text)) == []


def test_the_tables_are_written() -> None:
    for path, line in TABLES.values():
        assert line in (BICEP / path).read_text()
    storage = (BICEP / "modules" / "storage.bicep").read_text()
    assert "'StorageWrite'" in storage.partition("resource queueLog")[2]


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("query: 'AppRequests", "query: 'AppRequest", "nobody writes AppRequest"),
        ("sids.dataset.age", "sids.data.age", "no metric sids.data.age"),
        ("summarize Value = count()", "summarize count()", "no column Value"),
        ("sum(ItemCount)", "sum(ItemCount", "not closed"),
    ],
)
def test_an_alert_that_could_not_fire_is_found(right: str, wrong: str, fault: str) -> None:
    text = (BICEP / "modules" / "alerts.bicep").read_text()
    assert any(fault in found for found in rule_faults(text.replace(right, wrong)))


def test_the_workbook_asks_for_what_is_written() -> None:
    text = (BICEP / "workbook.json").read_text()
    assert list(workbook_faults(text)) == []
    assert list(workbook_faults(text.replace("'sids.jobs'", "'sids.job'"))) == ["jobs: no metric sids.job"]
    assert list(workbook_faults(text.replace('"name": "TimeRange"', '"name": "Time"')))
    assert "loadTextContent('../workbook.json')" in (BICEP / "modules" / "monitoring.bicep").read_text()


def test_probes_are_no_share_of_the_requests() -> None:
    probed = re.findall(
        r"path: (/[a-z]+)\n", (PROJECT / "infra" / "k8s" / "base" / "http" / "deployment.yaml").read_text()
    )
    text = (BICEP / "modules" / "alerts.bicep").read_text()
    (query,) = (query for query in QUERY.findall(text) if query.startswith("AppRequests"))
    assert set(probed) == {"/health", "/ready"} == set(re.findall(r'Url endswith "([^"]+)"', query))


def templates() -> Mapping[str, str]:
    return {name: (BICEP / f"{name}.bicep").read_text() for name in ("main", "aks")}


def test_everything_that_was_asked_for_is_told_on_both_platforms() -> None:
    modules = (BICEP / "modules" / "alerts.bicep").read_text() + (BICEP / "modules" / "budget.bicep").read_text()
    assert [name for name in ASKED if name not in modules] == []
    for text in templates().values():
        for module in ("alerts", "budget"):
            assert f"modules/{module}.bicep' = if (!empty(alertEmails)" in text
    assert "modules/cluster-alerts.bicep" in templates()["aks"]


def test_the_test_from_outside_belongs_to_the_component() -> None:
    """Azure refuses one without this tag, and so its alert."""
    text = (BICEP / "modules" / "alerts.bicep").read_text()
    assert text.count("'hidden-link:${componentId}': 'Resource'") == 2
    budget = (BICEP / "modules" / "budget.bicep").read_text()
    assert budget.count("contactGroups: [actionGroupId]") == budget.count("threshold: ") == 3


@pytest.mark.parametrize("name", ["alerts", "cluster-alerts"])
def test_every_alert_tells_the_people(name: str) -> None:
    text = (BICEP / "modules" / f"{name}.bicep").read_text()
    kinds = r"'Microsoft\.Insights/(?:scheduledQueryRules|metricAlerts)@.*?(?=\n(?:resource|output)|\Z)"
    alerts = re.findall(kinds, text, re.DOTALL)
    assert alerts
    for alert in alerts:
        assert re.search(r"actionGroups: \[(people\.id|actionGroupId)\]|actionGroupId: people\.id", alert)


def test_the_page_explains_every_alert() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = page.partition("### Alerts")[2].partition("\n### ")[0]
    for path in BICEP.glob("modules/*alerts.bicep"):
        names = re.findall(r"(?m)^  {2,4}name: '([a-z-]+)'$", path.read_text())
        assert [name for name in names if f"`{name}`" not in section] == [], path.name


def lifecycle(storage: str) -> str:
    return storage.partition("managementPolicies@")[2].partition("\n}\n")[0]


def test_only_old_versions_of_blobs_are_ever_deleted() -> None:
    storage = (BICEP / "modules" / "storage.bicep").read_text()
    policy = lifecycle(storage)
    assert re.findall(r"(?m)^ +(baseBlob|snapshot|version): \{", policy) == ["version"]
    assert "daysAfterCreationGreaterThan: keepVersionsDays" in policy
    assert "isVersioningEnabled: keepVersionsDays > 0" in storage
    for text in templates().values():
        data = text.partition("module dataStorage")[2].partition("\n}\n")[0]
        kept = re.search(r"keepVersionsDays: (\d+)", data)
        assert kept is not None
        assert int(kept[1]) >= 30
