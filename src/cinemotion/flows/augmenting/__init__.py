"""A scarce training side, enlarged by changed copies.  Start at :mod:`.augment`."""
