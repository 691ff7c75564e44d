"""The hooks before a commit run the commands of `make lint`, in its order."""

import re

import yaml

from tests.infra.tools import PROJECT


def test_the_hooks_are_the_commands_of_make_lint() -> None:
    recipe = re.search(r"^lint:.*\n\t@?(.+)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe
    commands = recipe[1].replace("$(BIN)", ".venv/bin").split(" && ")
    config = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert [hook["entry"] for hook in hooks] == commands
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)
