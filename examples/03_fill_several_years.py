"""Fill an indicator in all years, draw the series of some countries, and keep the table.

    .venv/bin/python examples/03_fill_several_years.py

Needs the extra `plot`.
"""

from matplotlib import pyplot as plt

import sids_core as sids

INDICATOR = "key-wdi-EG.ELC.ACCS.ZS"

panel = sids.open_panel("demo-data")

# Indicators and countries may be given by name. What cannot be imputed is listed with the reason.
filled = sids.fill(panel, INDICATOR, range(2010, 2021), countries=["Fiji", "Kiribati", "Haiti"])
print(f"{filled.n_imputed} years had gaps; {len(filled.not_imputed)} could not be imputed")

frame = filled.to_frame()
print(frame.loc[~frame["observed"], ["country", "year", "value", "lower", "upper"]].round(1).to_string(index=False))

# To keep it, with what was imputed marked: filled.to_excel("filled.xlsx"), or filled.save("filled.sdmx.csv").
filled.plot(country="KIR")
plt.show()
