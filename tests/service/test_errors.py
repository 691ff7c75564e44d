"""Errors of the library under the names that a client or an operator knows."""

import pytest

from sids_core.errors import RequestError, UnknownValueError
from sids_service.errors import argument_names


def test_an_unknown_value_is_one_of_the_field() -> None:
    with pytest.raises(RequestError) as caught, argument_names(indicator="target"):
        raise UnknownValueError("indicator", "x", ["y"])
    error = caught.value
    assert (str(error), error.kind, error.parameter) == (
        "target 'x' is unknown; allowed: y",
        "unknown_target",
        "target",
    )


def test_another_error_keeps_its_message_and_kind() -> None:
    with pytest.raises(RequestError) as caught, argument_names(types="metadata"):
        raise RequestError("type 'x' is unknown", kind="unknown_type", parameter="types")
    error = caught.value
    assert (str(error), error.kind, error.parameter) == ("type 'x' is unknown", "unknown_type", "metadata")


@pytest.mark.parametrize("parameter", ["country", None])
def test_arguments_without_another_name_keep_theirs(parameter: str | None) -> None:
    error = RequestError("too few rows", parameter=parameter)
    with pytest.raises(RequestError) as caught, argument_names(indicator="target"):
        raise error
    assert caught.value is error
