"""Attacks on the service that take too long for every push: `make torture`, nightly in CI.

Each module except `row` is one attack: a docstring that says what is done and what must hold, and a function
`attack(seed)` that returns its `Row` within a few minutes. They are listed by their files; the quick form of an attack
stands in the suite.
"""
