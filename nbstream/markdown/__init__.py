"""Markdown, read as the live view reads it."""
