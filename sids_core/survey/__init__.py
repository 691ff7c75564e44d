"""Clustering of the rows of a survey by their answers: k-modes, k-means or k-prototypes, by the types of the questions.

reading.py reads the answers, points.py scales them, search.py looks for centroids of every k on a sample (by
algorithms.py) and chooses one by the elbow, assignment.py assigns all rows to them. This module loads no numerical
library.
"""

CATEGORICAL = "categorical"
CONTINUOUS = "continuous"
GPS = ("GPS longitude", "GPS latitude")
TYPES = (CATEGORICAL, CONTINUOUS, *GPS)
"""Types of questions."""
