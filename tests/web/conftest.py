"""The room is made once; each test gets its clock back at the hour it began."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "serving"))

from made_web import NOW, Made, made

from serving.store import passwords


@pytest.fixture(scope="session")
def web_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patch:
        # The cost of a hash is argon2's own affair; here it would be most of the time.
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield made(tmp_path_factory.mktemp("web"))


@pytest.fixture
def web(web_once: Made) -> Iterator[Made]:
    yield web_once
    web_once.clock.now = NOW
