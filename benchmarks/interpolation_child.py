"""The child process of `interpolation.py`: fills series by pandas, which compiled code may end at any of them."""

import pickle
import sys
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
years, series, method, order = pickle.load(sys.stdin.buffer)  # noqa: S301 (our own parent)
options = {"method": method, "limit_direction": "both", **({} if order is None else {"order": order})}
for values in series:
    filled = pd.Series(values, index=list(years)).interpolate(**options)
    pickle.dump(filled.to_numpy(dtype=np.float64), sys.stdout.buffer)
    sys.stdout.buffer.flush()
