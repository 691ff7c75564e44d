"""Names from data and arguments make files inside a folder, on every system, or are refused."""

import unicodedata
from contextlib import suppress
from pathlib import Path, PureWindowsPath
from posixpath import normpath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sids_core.errors import PathError
from sids_core.file_names import LONGEST_BYTES, fault_of_name, inside, relative_path, shown
from sids_core.files import write_file
from sids_core.panel.metadata import fault_of_code

PIECES = ("..", ".", "/", "\\", ":", "C:", "~", "a", "wdi-", "-", " ", "\0", "\n", "\r", "\u2028", "\u202e", "\ufeff")
DISGUISED = (
    "\uff0f",
    "\uff3c",
    "\uff0e",
    "\u2025",
    "\u2100",
    "\u2105",
    "\ufe68",
    "\uff1a",
    "\u00b9",
    "\ud800",
    "\u0301",
)
DEVICES = ("con", "NUL", "com1", "LPT9", "aux", "prn", "conin$")
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from([*PIECES, *DISGUISED, *DEVICES, "%2e%2e%2f", "é", "x"]), max_size=8).map("".join),
)
REAL = (
    *(
        "key-wdi-EG.ELC.ACCS.ZS",
        "wdi-AG.LND.AGRI.K2",
        "ihme-fire,-heat,-and-hot-substances",
        "1.1_ACCESS.ELECTRICITY.TOT",
    ),
    *(
        "ihme-invasive-non-typhoidal-salmonella-(ints)",
        "ihme-parkinson's-disease",
        "SI_POV_DAY1",
        "2.0.cov.FPS",
        "plain",
    ),
    *("sdg-SH_STA_BRTC-15+", "gdp per capita", "poverty_%", "santé-é", "CO2_per_cap", "conflict-x", "aux1-y"),
)


def forms(name: str) -> set[str]:
    """The name as file systems and web servers may read it."""
    return {unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC")} | {name}


@given(TEXTS)
def test_a_name_that_is_accepted_is_one_name_on_every_system(name: str) -> None:
    if fault_of_name(name):
        return
    for form in forms(name):
        assert PureWindowsPath("d:/out", form).parts == ("d:\\", "out", form)
        assert normpath(f"/out/{form}") == f"/out/{form}"
    assert len(name.encode()) <= LONGEST_BYTES
    with TemporaryDirectory() as folder:
        write_file(inside(Path(folder), name), b"x")
        assert [path.name for path in Path(folder).iterdir()] == [name]


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_path_stays_inside_or_is_refused(names: list[str]) -> None:
    if any(fault_of_name(name) for name in names):
        with pytest.raises(PathError) as error:
            relative_path(*names)
        assert str(error.value).isprintable()
    else:
        assert relative_path(*names).split("/") == names


@given(TEXTS)
def test_a_path_of_several_names_never_leaves_its_folder(path: str) -> None:
    with TemporaryDirectory() as folder, suppress(PathError):
        assert Path(folder).resolve() in inside(Path(folder), path).resolve().parents


@given(TEXTS)
def test_a_text_from_outside_is_one_short_line_of_a_message(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) < 1000


@pytest.mark.parametrize("code", REAL)
def test_codes_of_public_sources_are_accepted(code: str) -> None:
    assert fault_of_code(code) == ""


@pytest.mark.parametrize(
    "code",
    [
        *(
            "../x",
            "..",
            ".",
            "/x",
            "a/b",
            "a\\b",
            "..\\x",
            "C:x",
            "wdi-x:y",
            "-x",
            ".x",
            "x.",
            "x -y",
            " x",
            "",
            "None",
        ),
        *(
            "a\uff0fb",
            "\uff0e\uff0e-x",
            "\u2025",
            "a\u2100",
            "a\nb",
            "a\0b",
            "a\u202eb",
            "\ud800",
            "con",
            "NUL-x",
            "com1.x-y",
        ),
        *("COM\u00b9-x", "x" * 206, "é" * 103, "what?", "a*b", 'a"b', "a<b", "a|b"),
    ],
)
def test_codes_that_cannot_name_a_file_are_not(code: str) -> None:
    assert fault_of_code(code)


def test_a_link_leads_nowhere_out_of_the_folder(tmp_path: Path) -> None:
    folder, other = tmp_path / "folder", tmp_path / "other"
    for each in (folder / "sub", other):
        each.mkdir(parents=True)
    (folder / "out").symlink_to(other)
    (folder / "file").symlink_to(other / "file")
    (folder / "loop").symlink_to("loop")
    (folder / "in").symlink_to("sub")
    for name in ("out/x", "out", "file"):
        with pytest.raises(PathError, match=r"leads out of .* through a symbolic link"):
            inside(folder, name)
    assert inside(folder, "in/x") == folder / "in" / "x"
    (tmp_path / "link").symlink_to(folder)
    assert inside(tmp_path / "link", "sub/x") == tmp_path / "link" / "sub" / "x"
