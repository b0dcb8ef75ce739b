"""Video: from a file to shots and to frames with exact times."""
