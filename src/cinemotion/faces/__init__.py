"""Faces: from frames to boxes, landmarks, aligned crops and tracks."""
