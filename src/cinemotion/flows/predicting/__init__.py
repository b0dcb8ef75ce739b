"""A model's answers for pictures and samples.  Start at :mod:`.predict`."""
