"""What is frozen, proved, compared, exported and forgotten.  Start at :mod:`.freeze`."""
