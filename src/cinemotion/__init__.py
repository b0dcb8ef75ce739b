"""From raw films to curated, leak-free facial-expression datasets."""

__version__ = "0.1.0"
