"""What turns a picture into a vector: a file per kind, and what they share."""
