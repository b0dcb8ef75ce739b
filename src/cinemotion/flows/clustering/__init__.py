"""What machines see in a version without being told: features, clusters, and pictures of both."""
