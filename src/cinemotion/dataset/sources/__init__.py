"""Sources of pictures that an import reads: folders, archives, tables."""
