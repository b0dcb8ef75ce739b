"""What is wrong in a dataset, and what is in it, as pages.  :mod:`.audit` and :mod:`.stats`."""
