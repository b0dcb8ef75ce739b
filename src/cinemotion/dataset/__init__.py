"""The dataset: what was found, where it came from, and what was decided about it."""
