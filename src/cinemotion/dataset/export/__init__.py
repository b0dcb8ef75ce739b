"""Exports: a frozen version as files that others' tools read."""
