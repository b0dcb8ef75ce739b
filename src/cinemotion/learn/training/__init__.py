"""How a classifier is trained.  Start at :mod:`.fit`."""
