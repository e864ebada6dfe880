"""One adapter per wire format: chunks in, normalised events out."""

from __future__ import annotations

from ._base import Adapter, is_sdk
from ._pick import pick

__all__ = ["Adapter", "is_sdk", "pick"]
