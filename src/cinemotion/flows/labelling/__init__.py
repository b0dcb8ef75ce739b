"""Votes and their ways in and out, time ranges, and the groups that annotators name."""
