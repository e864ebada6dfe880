from __future__ import annotations

import pytest

from tests.support.environment import choose_nothing


@pytest.fixture
def only_the_local_model(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_nothing(monkeypatch)
