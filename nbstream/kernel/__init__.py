"""The kernel that runs this: its front end, its cells, its waiting messages."""
