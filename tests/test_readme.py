"""The README's tables name what the code has."""

from pathlib import Path

from sids_service.settings import Settings
from tests.calls import CALLS

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_explained() -> None:
    table = README.split("## Configuration")[1].split("\n## ")[0]
    listed = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert listed == {name.upper() for name in Settings.model_fields}


def test_every_model_is_in_the_endpoint_table() -> None:
    for model in set(CALLS) - {"service"}:
        assert f"`/{model}`" in README
