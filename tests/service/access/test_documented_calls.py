"""The calls of docs/access.md are answered as the page says."""

import re
import subprocess

import pytest

from tests.conftest import PROJECT
from tests.issuer import Issuer

PAGE = (PROJECT / "docs" / "access.md").read_text(encoding="utf-8")
BLOCK = re.findall(r"```sh\ntoken=.+?\n(.+?)```", PAGE, re.DOTALL)[0]
CALLS = re.findall(r"^(curl .+?) +# (\d+)$", BLOCK, re.MULTILINE)


@pytest.mark.parametrize(("call", "status"), CALLS)
def test_a_call_is_answered_as_the_page_says(service: str, issuer: Issuer, call: str, status: str) -> None:
    command = call.replace("curl ", "curl --silent --output /dev/null --write-out '%{http_code}' ", 1)
    shell = {"SERVICE_URL": service, "token": issuer.token(), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    answered = subprocess.run(["bash", "-c", command], env=shell, capture_output=True, text=True, check=True)
    assert answered.stdout == status


def test_the_page_has_such_calls() -> None:
    assert len(CALLS) == BLOCK.count("curl ") >= 7
