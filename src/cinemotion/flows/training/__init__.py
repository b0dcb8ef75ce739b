"""From a frozen version to a model's folder.  Start at :mod:`.train`."""
