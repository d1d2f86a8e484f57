from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.factories import make_tree

from .cast import People
from .knowing import secrets_of
from .scene import Scene, build


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """Built once for a module; each test takes back what it has written."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build(make_tree())
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def clients(scene: Scene) -> dict[str, Client]:
    """Everybody in a browser of their own, signed in."""
    found = {"": Client(raise_request_exception=False)}
    for name, person in scene.cast.items():
        found[name] = Client(raise_request_exception=False)
        found[name].force_login(person)
    return found


@pytest.fixture(scope="module")
def secrets(scene: Scene) -> list[tuple[str, People]]:
    return secrets_of(scene)
