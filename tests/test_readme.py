"""The README and the docs: tables name what the code has, links have a target, and the library's examples run."""

import re
import runpy
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from matplotlib import pyplot as plt

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


@pytest.fixture
def in_project(demo_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory like that of `make start`, with the demo data in `demo-data`."""
    (tmp_path / "demo-data").symlink_to(demo_data, target_is_directory=True)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_project")
@pytest.mark.parametrize("page", ["README.md", "docs/imputation.md"])
def test_the_library_blocks_run(page: str) -> None:
    (block,) = re.findall(r"```python\n(.+?)```", text(page), re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 (the block is ours)
    result = names["result"]
    assert list(result.to_frame()) == ["country", "value", "lower", "upper", "observed"]
    for name, shown in re.findall(r"^result\.(\w+)  # ([0-9.]+)", block, re.MULTILINE):
        assert f"{getattr(result, name):.2f}" == shown


@pytest.mark.usefixtures("in_project")
def test_the_block_about_results_runs() -> None:
    (block,) = re.findall(r"```python\n(.+?)```", text("docs/results.md"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 (the block is ours)
    columns = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.+?) \|", columns_table(), re.MULTILINE)))
    assert columns == list(names["result"].to_frame())
    assert Path("filled.xlsx").stat().st_size > 0


def columns_table() -> str:
    return text("docs/results.md").partition("## Columns")[2].partition("## Formats")[0]


@pytest.mark.usefixtures("in_project")
def test_the_blocks_about_scikit_learn_run() -> None:
    names = blocks_run("docs/scikit-learn.md")
    table, filled = names["table"], names["filled"]
    shown = re.search(r"(\d+) countries, (\d+) indicators, (\d+) % of the cells empty", text("docs/scikit-learn.md"))
    assert shown is not None
    rows, columns, empty = map(int, shown.groups())
    assert (table.shape, round(100 * table.isna().to_numpy().mean())) == ((rows, columns), empty)
    assert not filled.isna().to_numpy().any()
    assert set(names["search"].best_params_) == {"gapfiller__n_predictors"}


@pytest.mark.usefixtures("in_project")
def test_the_table_about_choosing_is_that_of_its_block() -> None:
    found = blocks_run("docs/choosing.md")["found"]
    (table,) = re.findall(r"```text\n(.+?)```", text("docs/choosing.md"), re.DOTALL)
    lines = [re.split(r" {2,}", line) for line in table.splitlines()[1:]]
    assert [tuple(line[:2]) for line in lines] == list(found.scores)
    for line, score in zip(lines, found.scores.values(), strict=True):
        assert line[2:5] == [f"{score.values}", f"{score.error:.3f}", f"{score.rmse:.4g}"]
        assert line[5:6] == ([f"{score.coverage:.0%}"] if score.coverage == score.coverage else [])


def blocks_run(page: str) -> dict[str, Any]:
    """The names that the page's blocks define, one after the other."""
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.+?)```", text(page), re.DOTALL):
        exec(block, names)  # noqa: S102 (the block is ours)
    return names


@pytest.mark.usefixtures("in_project")
@pytest.mark.parametrize("script", sorted(path.name for path in PROJECT.glob("examples/0*.py")))
def test_the_examples_run(script: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", partial(plt.close, "all"))
    runpy.run_path(str(PROJECT / "examples" / script))
    assert len(capsys.readouterr().out.splitlines()) > 5


@pytest.mark.parametrize("page", ["README.md", "docs/reference.md"])
def test_the_page_shows_the_answer_of_its_request(host: str, page: str) -> None:
    body, answer = re.findall(r"-d '(.+?)'\n```.+?```json\n(.+?)```", text(page), re.DOTALL)[0]
    response = httpx.post(f"{host}/twolvlImp/predict", content=body, timeout=120)
    assert response.status_code == 200
    shown = re.findall(r"\d+\.\d{3,}", answer)
    assert len(shown) > 10
    assert [number for number in shown if number not in response.text] == []


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
