"""Two-level imputation of one indicator in one year.

From top to bottom: `impute.py` is the whole method on one page; `training_data.py` cuts the panel to an imputation, and
`catalogue.py` says which ones there are; `cross_fitting.py` trains and predicts out of fold, `model_selection.py`
chooses, `result.py` holds what came of it. `base_imputers/`, `selection/`, `ensembles/` and `intervals/` are
registries of interchangeable parts.
"""
