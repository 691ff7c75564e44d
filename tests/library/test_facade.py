"""The library's face: what `import sids_core` offers."""

import pytest

import sids_core as sids
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.impute import impute


def test_names_come_from_where_they_are_defined() -> None:
    assert sids.impute is impute
    assert sids.ImputationConfig is ImputationConfig
    assert sids.__version__


@pytest.mark.parametrize("name", sids.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    if name == "__version__":
        return
    assert getattr(sids, name).__doc__
    assert name in dir(sids)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="imputate"):
        sids.imputate  # noqa: B018
