"""The command line: ``nbstream demo`` and ``nbstream doctor``."""
