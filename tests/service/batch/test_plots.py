from sids_service.batch.plots import EMPTY, FULL, WIDTH, bars


def test_bars_are_as_long_as_their_values() -> None:
    lines = bars({"wdi": 0.5, "sdg-2": 2.0, "none": 0.0}, full=2.0).splitlines()
    assert [line.count(FULL) for line in lines[1:-1]] == [WIDTH // 4, WIDTH, 0]
    assert [line.count(FULL) + line.count(EMPTY) for line in lines[1:-1]] == [WIDTH] * 3
    assert lines[1].endswith("0.500")
    assert lines[1].startswith("wdi    █")


def test_values_that_are_all_zero_have_empty_bars() -> None:
    assert FULL not in bars({"wdi": 0.0}, full=0.0)
