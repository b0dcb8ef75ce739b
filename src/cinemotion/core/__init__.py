"""The nouns of the project: times, films, faces, errors, registries, hashes."""
