"""Filling the gaps of one country's series of an indicator from its other years."""
