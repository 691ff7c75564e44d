"""Hide known values the way values are really missing, and compare settings with simpler methods.

    .venv/bin/python examples/04_compare_settings.py

Needs the extra `plot`.
"""

from matplotlib import pyplot as plt

import sids_core as sids

INDICATOR, YEAR = "key-wdi-EG.ELC.ACCS.ZS", 2019

panel = sids.open_panel("demo-data")

# A list compares its values. `gap` hides what a country lacks that has the indicator in other years only.
evaluation = sids.evaluate(
    panel, INDICATOR, YEAR, hiding=["gap", "never"], rounds=2, interval=["quantile", "bootstrap"]
)
table = evaluation.to_frame()
print(table[["hiding", "method", "values", "error", "coverage", "width"]].round(2).to_string(index=False))

evaluation.plot()
plt.show()
