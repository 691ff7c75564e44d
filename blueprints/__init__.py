"""The HTTP contract, one file per model. This file lists the models."""

from collections.abc import Mapping
from types import MappingProxyType

# Model name → module with its `router` and `COMPUTED` endpoints. Only selected models are imported.
MODELS: Mapping[str, str] = MappingProxyType(
    {
        "twolvlImp": "blueprints.imputation",
        "correlation": "blueprints.similarity",
        "statimpute": "blueprints.interpolation",
        "survey": "blueprints.survey",
        "sampleapi": "blueprints.sample",
    }
)
