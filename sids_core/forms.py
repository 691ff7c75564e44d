"""How a client presents a parameter: the facts `/params` tells that a JSON schema cannot.

A model's request type annotates its fields with `Input`; the web layer reads them. Models stay free of HTTP: an
`Input` names an endpoint as `<model>/<function>`, which is a name and not an address.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choices:
    """Where the allowed values of a parameter are listed.

    Attributes:
        endpoint: `<model>/<function>`, for example `twolvlImp/targets`.
        method: GET or POST.
        inputs: the parameters that endpoint needs, by name.
    """

    endpoint: str
    method: str = "GET"
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a model's form.

    Attributes:
        label: what a person reads beside the input.
        values: the allowed values with their labels, where they are fixed.
        choices: where the allowed values are listed, where they depend on the data.
        required_when: (parameter, value) pairs, any of which makes this one required, for example
            `(("scheme", "MANUAL"),)`; empty for a parameter that is required always or never (its default tells).
    """

    label: str
    values: tuple[tuple[str, str], ...] = ()
    choices: Choices | None = None
    required_when: tuple[tuple[str, str], ...] = ()
