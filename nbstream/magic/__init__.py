"""The magics ``%%stream`` and ``%nbstream``."""
