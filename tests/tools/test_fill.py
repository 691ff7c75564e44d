"""`sids fill` as a statistician runs it: from a table with gaps to one without."""

import csv
import gzip
import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pysdmx.io import read_sdmx

import sids_core as sids
from sids_service.errors import ConfigurationError
from sids_tools.commands.fill import check_out
from tests.tools.running import PROJECT, Result

Command = Callable[..., Result]
PACIFIC = "FJI TON WSM VUT KIR TUV NRU PLW MHL FSM SLB PNG".split()
TEXTS = ("0.1", "0.30000000000000004", "5", "1e-05", "12345678.12345679", "-3.25")
"""Observed values of Fiji, by year."""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Six years of the Pacific and Australia: `d-0` and `d-1` with gaps, `d-2` without, `d-rare` with one value."""
    rng = np.random.default_rng(2)
    level = dict(zip([*PACIFIC, "AUS"], rng.normal(size=13), strict=True))
    lines = ["country,indicator,year,value"]
    for year, text in zip(range(2014, 2020), TEXTS, strict=True):
        lines += [f"FJI,d-0,{year},{text}"]
        for country in (*PACIFIC, "AUS"):
            for indicator in range(3):
                if (country, indicator) != ("FJI", 0) and (indicator == 2 or rng.random() < 0.85):
                    lines.append(f"{country},d-{indicator},{year},{level[country] * indicator + rng.normal():.4f}")
    lines += ["FJI,d-rare,2019,1.5"]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_is_filled_and_observed_values_leave_as_they_came(
    command: Command, table: Path, tmp_path: Path
) -> None:
    result = command(
        "fill", table, "--indicator", "D-0", "--indicator", "d-1", "--year", "2014:2030", "--out", tmp_path / "f.csv"
    )
    assert (result.code, result.err) == (0, "--year 2014:2030: the data has the years 2014 to 2019 only\n")
    filled = rows(tmp_path / "f.csv")
    assert result.out.startswith(f"{tmp_path / 'f.csv'}: ")
    assert len(filled) == 12 * 2 * 6
    assert {row["country"] for row in filled} == set(PACIFIC)
    came = {(row["country"], row["indicator"], row["year"]): float(row["value"]) for row in rows(table)}
    for row in filled:
        key = row["country"], row["indicator"], row["year"]
        assert (row["observed"] == "TRUE") == (key in came)
        lower, value, upper = (float(row[name]) for name in ("lower", "value", "upper"))
        assert lower <= value <= upper
        if key in came:
            assert lower == value == upper == came[key]
            assert (row["method"], row["expected_error"], row["evidence"], row["unreliable"]) == ("", "", "", "FALSE")
        else:
            assert row["method"] in {"cross-section", "reduced", "history"}
            assert float(row["expected_error"]) > 0
            assert 0 <= float(row["evidence"]) <= 1
            assert row["unreliable"] in {"TRUE", "FALSE"}
    fiji = [row["value"] for row in filled if (row["country"], row["indicator"]) == ("FJI", "d-0")]
    assert fiji == list(TEXTS)


def test_the_ending_decides_and_every_file_holds_the_same(command: Command, table: Path, tmp_path: Path) -> None:
    names = "Fiji,TON,Micronesia, Federated States of,VU"
    for name in ("F.XLSX", "f.sdmx.csv"):
        result = command(
            "fill", table, "--indicator", "d-1", "--year", "2019", "--countries", names, "--out", tmp_path / name
        )
        assert (result.code, result.err) == (0, "")
    frame = pd.read_excel(tmp_path / "F.XLSX")
    assert frame["country"].tolist() == ["FJI", "FSM", "TON", "VUT"]
    (dataset,) = read_sdmx(tmp_path / "f.sdmx.csv").get_datasets()
    read = dataset.data
    assert read["OBS_VALUE"].map(float).tolist() == frame["value"].tolist()
    assert read["OBS_STATUS"].map({"A": True, "I": False}).tolist() == frame["observed"].tolist()


def test_what_cannot_be_imputed_is_listed_and_the_exit_code_tells(
    command: Command, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "filled.xlsx"
    result = command("fill", table, "--indicator", "all", "--year", "all", "--out", out)
    assert result.code == 1
    assert "not imputed: d-rare in 2019: 1 of 51 countries have a value, 8 are needed\n" in result.err
    assert result.err.endswith("1 indicators and years keep their gaps\n")
    sheets = pd.read_excel(out, sheet_name=None)
    assert sheets["not imputed"].to_numpy().tolist() == [
        ["d-rare", 2019, "1 of 51 countries have a value, 8 are needed"]
    ]
    assert len(sheets["filled"]) == 12 * 3 * 6 + 1
    result = command("fill", table, "--indicator", "d-rare", "--year", "2018:2019", "--out", tmp_path / "none.csv")
    assert (result.code, result.out) == (1, "")
    assert "d-rare in 2018: 0 of 51 countries have a value" in result.err
    assert result.err.endswith("none.csv is not written\n")
    assert not (tmp_path / "none.csv").exists()


def test_neither_the_input_nor_an_existing_file_is_overwritten(
    command: Command, table: Path, demo_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "old.csv").write_text("old")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(table)
    os.link(table, tmp_path / "hard.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    inside = demo_data / "filled.csv"
    before = {path: hashlib.sha256(path.read_bytes()).digest() for path in (table, tmp_path / "old.csv")}
    some = ("--indicator", "d-2", "--year", "2019")
    for source, out, more, message in (
        (table, table, (), "is the file that is read"),
        (table, table, ("--overwrite",), "is the file that is read"),
        (table, tmp_path / "x" / ".." / "table.csv", ("--overwrite",), "is the file that is read"),
        (table, tmp_path / "link.csv", ("--overwrite",), "is the file that is read"),
        (tmp_path / "link.csv", table, ("--overwrite",), "is the file that is read"),
        (table, tmp_path / "hard.csv", ("--overwrite",), "is the file that is read"),
        (demo_data, inside, ("--overwrite",), "is inside the folder that is read"),
        (table, tmp_path / "old.csv", (), "exists; give --overwrite"),
        (table, tmp_path / "folder.csv", ("--overwrite",), "is a folder"),
        (table, tmp_path / "pipe.csv", ("--overwrite",), "is no file"),
        (table, tmp_path / "old.csv" / "x.csv", (), "cannot be written in"),
        (table, tmp_path / "x.ods", (), "has none of the endings"),
        (table, tmp_path / "x", (), "has none of the endings"),
    ):
        with pytest.raises(ConfigurationError) as error:
            check_out(source, out, overwrite=bool(more))
        assert message in str(error.value)
    for source, out in ((table, table), (demo_data, inside)):
        result = command("fill", source, *some, "--out", out, "--overwrite")
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert {path: hashlib.sha256(path.read_bytes()).digest() for path in before} == before
    assert not inside.exists()
    assert command("fill", table, *some, "--out", tmp_path / "old.csv", "--overwrite").code == 0
    assert len(rows(tmp_path / "old.csv")) == 12


@pytest.mark.parametrize("name", ["f.csv", "f.xlsx", "f.parquet"])
def test_a_full_disk_leaves_nothing(name: str, table: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text("before")
    names = sorted(path.name for path in tmp_path.iterdir())
    words = ["fill", str(table), "--indicator", "d-2", "--year", "all", "--out", str(tmp_path / name), "--overwrite"]
    result = subprocess.run(
        [sys.executable, "-m", "sids_tools", *words],
        cwd=PROJECT,
        # Without the measurement of coverage, whose own file would be too large.
        env={name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
        | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    assert "File too large" in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert (tmp_path / name).read_text() == "before"


def test_an_interrupted_fill_leaves_nothing(table: Path, tmp_path: Path) -> None:
    words = ["fill", str(table), "--indicator", "all", "--year", "2014:2030", "--out", str(tmp_path / "f.csv")]
    with subprocess.Popen(
        [sys.executable, "-m", "sids_tools", *words],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        # A test that runs in the background ignores the signal, and what it starts inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        assert process.stderr is not None
        assert b"the data has the years 2014 to 2019 only" in process.stderr.readline()  # imputations begin
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode not in {0, None}
    assert b"Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == [table.name]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--indicator", "d-9", "--year", "2019"), "--indicator 'd-9' is unknown; the closest of 4: "),
        (("--indicator", "d-1", "--year", "1999"), "--year 1999: the data has the years 2014 to 2019"),
        (("--indicator", "d-1", "--year", "2019:2014"), "--year '2019:2014' is not of the form 1990:2024, or 2020, or"),
        (("--indicator", "all", "--indicator", "d-1", "--year", "2019"), "--indicator all stands for every indicator"),
        (("--indicator", "d-1", "--year", "2019", "--countries", "FJI,AUS"), "--countries 'AUS' is no code or name"),
    ],
)
def test_what_is_unknown_is_one_line(
    command: Command, table: Path, tmp_path: Path, words: Sequence[str], message: str
) -> None:
    result = command("fill", table, *words, "--out", tmp_path / "f.csv")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err
    assert not (tmp_path / "f.csv").exists()


def test_a_table_of_real_data_is_filled_as_by_the_library(command: Command, real_data: Path, tmp_path: Path) -> None:
    source, out, indicator = tmp_path / "real.csv", tmp_path / "filled.csv", "wdi-EG.ELC.ACCS.UR.ZS"
    with gzip.open(real_data / "indicatorData.csv.gz", "rt", encoding="utf-8", newline="") as file:
        header, *lines = file
    source.write_text(header + "".join(line for line in lines if line.split(",")[1].startswith(("wdi-E", "wdi-S"))))
    result = command("fill", source, "--indicator", indicator, "--year", "2015", "--out", out)
    assert (result.code, result.err) == (0, "")
    panel = sids.open_panel(source)  # where five indicators can predict this one
    present = [code for code in panel.sids if np.isfinite(panel.values[:, panel.country_index[code]]).any()]
    expected = (
        sids.impute(panel, indicator, 2015, n_predictors=5).to_frame().set_index("country").loc[present].reset_index()
    )
    pd.testing.assert_frame_equal(pd.read_csv(out)[list(expected)], expected, check_exact=True, check_dtype=False)
