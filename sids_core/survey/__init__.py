"""Survey clustering: k-modes, k-means or k-prototypes, depending on the types of the questions.

`reading.py` reads the answers, `points.py` scales them, `search.py` fits centroids for every k on a sample (with
`algorithms.py`) and chooses k by the elbow, `assignment.py` assigns all rows. This module loads no numerical library.
"""

CATEGORICAL = "categorical"
CONTINUOUS = "continuous"
GPS = ("GPS longitude", "GPS latitude")
TYPES = (CATEGORICAL, CONTINUOUS, *GPS)
"""Types of questions."""
