"""How bytes arrive, how they fail, and when a request is tried again."""
