"""What the models of ``learn/models.py`` are built of."""
