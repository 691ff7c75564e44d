"""One file per model: the list of its endpoints. This file is the list of the models."""

from collections.abc import Mapping
from types import MappingProxyType

# A model's name → the module with its `router` and its `COMPUTED` endpoints. Only selected models are imported.
MODELS: Mapping[str, str] = MappingProxyType(
    {
        "twolvlImp": "blueprints.imputation",
        "survey": "blueprints.survey",
        "correlation": "blueprints.similarity",
        "statimpute": "blueprints.interpolation",
        "sampleapi": "blueprints.sample",
    }
)
