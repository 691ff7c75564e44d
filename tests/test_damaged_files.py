"""The quick form of `tests.torture.bit_flips`."""

from tests.torture.bit_flips import attack


def test_damaged_files_are_refused_repaired_or_without_effect() -> None:
    row = attack(seed=20, share=0.04)
    assert row.passed, row
    assert row.tried >= 100
