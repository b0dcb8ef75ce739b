"""From a film to the emotional arcs of its characters.

footage (build, or what was built before) → sightings (who is on screen when) → expressions and
identity (kept in the dataset) → people → arcs → analysis (what is written and drawn).
"""
