"""Functions that a model calls: described, approved, run, and handed back."""
