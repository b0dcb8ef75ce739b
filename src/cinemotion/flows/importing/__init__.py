"""Labelled pictures of any layout become samples of the same dataset.  Start at :mod:`.ingest`."""
