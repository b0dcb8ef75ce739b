"""Learning: what feeds models, and later the models themselves."""
