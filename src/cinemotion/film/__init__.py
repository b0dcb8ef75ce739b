"""What the faces of a film tell over time: characters, their arcs, turning points, scenes."""
