"""A reader of Parquet that does what damaged bytes make the real one do, in the process that would import it."""

from pathlib import Path

import pytest

SEGFAULT = "os.kill(os.getpid(), signal.SIGSEGV)"
ENDLESS = "while True: pass"
ALL_MEMORY = "b'x' * (1 << 50)"
GONE = "os._exit(0)"


def fake_reader(folder: Path, monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    """From now on, opening a Parquet file does this deed."""
    package = folder / "fake" / "fastparquet"
    package.mkdir(parents=True, exist_ok=True)
    text = f"import os, signal\n\ndef ParquetFile(file):\n    {deed}\n"
    (package / "__init__.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(package.parent)
