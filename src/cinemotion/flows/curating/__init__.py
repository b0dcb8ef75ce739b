"""Which samples show the same thing, and which of them stays.  Start at :mod:`.dedup`."""
