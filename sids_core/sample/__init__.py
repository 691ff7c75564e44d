"""The sample model: the smallest possible model, to read and to copy (docs/add-a-model.md).

A model is plain Python: arguments in, a frozen result out. It does not import pydantic, HTTP, Azure or another model.
A model that uses the data takes a `sids_core.panel.panel.Panel` as its first argument.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class SampleResult:
    """The result of the sample model.

    Attributes:
        text: always `Test 1`.
    """

    text: str

    def to_frame(self) -> "DataFrame":
        """One row: text."""
        from pandas import DataFrame  # slow to import, so only where it is needed

        return DataFrame({"text": [self.text]})


def answer(required: str, *, optional: str | None = None) -> SampleResult:  # noqa: ARG001 (a real model uses them)
    """Return a fixed answer; a real model would compute it from its arguments and a panel.

    Args:
        required: any text.
        optional: any text.

    Returns:
        The fixed answer.

    >>> answer("x").text
    'Test 1'
    """
    return SampleResult("Test 1")


def greet(name: str) -> str:
    """Greet somebody.

    Args:
        name: whom to greet.

    Returns:
        The greeting.

    >>> greet("Bob")
    'Hi Bob'
    """
    return f"Hi {name}"
