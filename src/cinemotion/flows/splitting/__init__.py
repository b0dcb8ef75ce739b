"""Whole groups go to one part: 70/20/10 without a leak.  Start at :mod:`.split`."""
