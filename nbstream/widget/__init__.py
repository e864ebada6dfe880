"""A stream as a Jupyter object: the widget, its displays, and a console."""
