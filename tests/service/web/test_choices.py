"""Fields that follow from arguments of the library: allowed values, and names in errors."""

from typing import Annotated, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from sids_core.errors import RequestError, UnknownValueError
from sids_service.web.choices import argument_names, one_of

NAMES = {"one": 1, "two": 2}


def test_one_of_is_a_literal_of_the_names() -> None:
    adapter, literal = TypeAdapter(Annotated[str, one_of(NAMES)]), TypeAdapter(Literal["one", "two"])
    assert adapter.validate_python("two") == "two"
    assert adapter.json_schema() == literal.json_schema()
    for value in ("three", 1, None):
        with pytest.raises(ValidationError) as caught:
            adapter.validate_python(value)
        with pytest.raises(ValidationError) as expected:
            literal.validate_python(value)
        assert caught.value.errors(include_url=False) == expected.value.errors(include_url=False)


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
