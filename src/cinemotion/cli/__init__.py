"""Doors: parse, call one flow, print. No logic lives here."""
