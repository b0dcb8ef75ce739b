"""Engine: runs units of work, here or in worker processes, and returns outcomes."""
