"""The sample model: the least that a model is made of, to read and to copy (docs/add-a-model.md)."""
