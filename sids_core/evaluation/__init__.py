"""Evaluation of imputations on values that were hidden the way values are really missing.

Start with `evaluate.py`. `hiding.py` hides values, `baselines.py` has the simple ways to fill them, `scores.py`
compares imputed with hidden values, `evaluation.py` holds the result.
"""
