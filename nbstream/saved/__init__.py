"""What the notebook keeps of an answer: harmless, and like the live view."""
