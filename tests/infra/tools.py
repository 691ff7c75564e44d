"""The programs that check the deployment files, in an environment of their own, kept until their requirements change.

`python -m tests.infra.tools` installs them ahead of the tests; with the words of a command it runs one of them.
"""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def installed() -> Path:
    """The folder with the programs; installs them where that was not done before."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(version.encode() + REQUIREMENTS.read_bytes()).hexdigest()[:16]
    environment = PROJECT / ".cache" / f"infra-{key}"
    done = environment / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        command = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes")
        options = ("--requirement", REQUIREMENTS, "--python", environment / "bin" / "python")
        subprocess.run([*command, *options], check=True)
        done.touch()
    return environment / "bin"


def run(program: str, arguments: Sequence[str | Path], given: str = "") -> "subprocess.CompletedProcess[str]":
    """Run one of them in the project's folder."""
    command = [installed() / program, *arguments]
    # A folder of its own as home: none of them is to find a configuration, or leave one.
    home = mkdtemp()
    return subprocess.run(
        command, cwd=PROJECT, env={"HOME": home, "PATH": "/usr/bin:/bin"}, input=given,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


if __name__ == "__main__":
    programs = installed()
    if words := sys.argv[1:]:
        sys.exit(subprocess.run([programs / words[0], *words[1:]], cwd=PROJECT, check=False).returncode)
