"""The messages between kernel and page."""
