"""Curation: how good a crop is, and which crops are the same."""
