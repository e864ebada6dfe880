"""One stream's life, from its start to its end."""
