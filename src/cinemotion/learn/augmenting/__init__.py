"""The augmentations, a file for each kind; ``learn/augment.py`` is their door."""
