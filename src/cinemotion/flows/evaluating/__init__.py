"""How good a model is, on data with labels.  Start at :mod:`.evaluate`."""
