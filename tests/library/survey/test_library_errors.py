"""Errors that name the library's own arguments."""

from typing import Any

import pytest

from sids_core.errors import RequestError
from tests.library.survey.conftest import cluster


@pytest.mark.parametrize(
    ("types", "options", "parameter", "kind"),
    [
        ({"c": "ordinal"}, {}, "types", "unknown_type"),
        ({"c": "GPS latitude"}, {}, "types", "no_question"),
        ({}, {}, "types", "no_question"),
        ({"z": "categorical"}, {}, "question", "unknown_question"),
        ({"c": "categorical"}, {"max_k": 0}, "max_k", "value_error"),
        ({"c": "categorical"}, {"max_k": 4}, "max_k", "too_few_rows"),
        ({"c": "continuous"}, {}, "data", "bad_answer"),
    ],
)
def test_an_error_names_the_argument(types: dict[str, str], options: dict[str, Any], parameter: str, kind: str) -> None:
    with pytest.raises(RequestError) as caught:
        cluster({"c": ["a", "b", "a"]}, types, **options)
    assert (caught.value.parameter, caught.value.kind) == (parameter, kind)
