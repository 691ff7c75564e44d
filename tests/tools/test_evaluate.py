"""`sids evaluate`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.running import Result

INDICATOR = "key-wdi-EG.ELC.ACCS.ZS"


def test_the_table_has_a_row_for_each_setting_and_baseline(command: Callable[..., Result], demo_data: Path) -> None:
    result = command(
        "evaluate", demo_data, "--indicator", INDICATOR, "--year", "2001:2001", "--hiding", "never, gap,one year",
        "--rounds", "1", "--model", "etr,gbr", "--estimators", "10",
    )  # fmt: skip
    assert result.code == 0, result.err
    head, *rows = result.out.splitlines()
    assert head.split()[:2] == ["hidden", "method"]
    methods = [line[head.index("method") : head.index("values")].strip() for line in rows]
    each = ["AFS etr quantile", "AFS gbr quantile", "interpolation of the own series", "SIDS median", "mean"]
    assert methods == each * (len(rows) // 5)
    assert [line.split("  ")[0] for line in rows[::5]] == ["never", "one year"]
    assert rows[0].count("%") == 3
    assert "%" not in rows[4]
    assert "2001: no value can be hidden as 'gap'" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--indicator", "key-wdi-EG.ELC.ACCS", "--year", "2019"), "--indicator 'key-wdi-EG.ELC.ACCS' is unknown"),
        (("--indicator", INDICATOR, "--year", "1850"), "--year 1850: the data has the years"),
        (("--indicator", INDICATOR, "--year", "last"), "--year 'last' is not of the form"),
        (("--indicator", INDICATOR, "--year", "2019", "--model", "etr,svm"), "--model 'svm' is unknown"),
    ],
)
def test_a_bad_argument_is_one_line(
    command: Callable[..., Result], demo_data: Path, words: tuple[str, ...], message: str
) -> None:
    result = command("evaluate", demo_data, *words)
    assert (result.code, result.err.count("\n"), result.out) == (2, 1, "")
    assert result.err.startswith(message)
