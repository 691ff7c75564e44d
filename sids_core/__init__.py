"""The SIDS ML backend: imputation, similarity, interpolation and survey clustering for small island states."""

__version__ = "0.2.0"
