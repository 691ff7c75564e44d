"""Clustering of the rows of a survey by their answers to the questions of one factor."""
