"""The HTTP contract, one file per model. This file lists the models."""

from collections.abc import Mapping
from types import MappingProxyType

# Model name → module with its `router` and `COMPUTED` endpoints. Only selected models are imported.
MODELS: Mapping[str, str] = MappingProxyType(
    {
        "twolvlImp": "blueprints.imputation",
        "survey": "blueprints.survey",
        "correlation": "blueprints.similarity",
        "statimpute": "blueprints.interpolation",
        "sampleapi": "blueprints.sample",
    }
)
