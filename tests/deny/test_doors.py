"""Every address × everybody × method: opened to whom the table names, else nothing.

Who is refused has changed nothing and has read nothing of the school.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from wagtail.models import APIToken

from tests.cms.test_urls import PUBLIC, ROUTES

from .cast import ANYBODY, EVERYBODY, People, people
from .doors import INTERFACE, NO_PAGE, PORTAL, SITE, WORKSPACE, Door
from .knocking import ask, is_open
from .knowing import assert_tells_nothing
from .posted import address_of, posted
from .scene import Scene

pytestmark = pytest.mark.django_db

DOORS = [*WORKSPACE, *PORTAL, *INTERFACE]


def test_the_table_names_every_address():
    of_wagtail = {route for route in ROUTES if route.startswith((*SITE, NO_PAGE))}
    named = {door.route for door in DOORS} | set(PUBLIC) | of_wagtail

    assert ROUTES - named == set()
    assert {door.route for door in DOORS} - ROUTES == set()
    unused = [one for one in SITE if not any(r.startswith(one) for r in ROUTES)]
    assert unused == []


def test_the_table_names_everybody(scene: Scene):
    assert set(scene.cast) | {""} == EVERYBODY


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_a_page_is_opened_by_those_whom_the_table_names(
    subtests: Any, scene: Scene, clients: dict[str, Client], secrets: Any, door: Door
):
    address = address_of(door, scene)
    for name in askers(door, door.opens):
        with subtests.test(get=address, actor=name):
            answer = ask(clients[name], "get", address)

            assert_tells_nothing(answer, name, secrets, address)
            assert is_open(answer) == (name in (door.opens or ()))
            if not is_open(answer):
                assert answer.written == ()


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_an_act_is_done_by_those_whom_the_table_names(
    subtests: Any, scene: Scene, clients: dict[str, Client], secrets: Any, door: Door
):
    address, does = address_of(door, scene), door.does or frozenset()
    for name in askers(door, door.does):
        with subtests.test(post=address, actor=name):
            data = posted(door, scene, name)

            answer = ask(clients[name], "post", address, data)

            assert_tells_nothing(answer, name, secrets, address)
            assert bool(answer.written) == (name in does)
            if name not in does:
                assert is_open(answer) == (name in door.told)


@pytest.mark.parametrize("door", [d for d in DOORS if d.deletes], ids=str)
def test_a_thing_is_deleted_by_those_whom_the_table_names(
    subtests: Any, scene: Scene, clients: dict[str, Client], door: Door
):
    address = address_of(door, scene)
    for name in askers(door, door.deletes):
        with subtests.test(delete=address, actor=name):
            answer = ask(clients[name], "delete", address)

            assert bool(answer.written) == (name in (door.deletes or ()))
            assert is_open(answer) == bool(answer.written)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("door", [d for d in DOORS if not d.deletes], ids=str)
def test_no_other_method_writes_anything(
    scene: Scene, clients: dict[str, Client], door: Door, method: str
):
    name = min(door.does or door.opens or door.told or ANYBODY)

    answer = ask(clients[name], method, address_of(door, scene))

    assert answer.status < 500
    assert answer.written == ()


@pytest.mark.parametrize("door", INTERFACE, ids=str)
def test_a_key_of_the_interface_opens_what_its_owner_may_see(
    subtests: Any, scene: Scene, secrets: Any, door: Door
):
    address = address_of(door, scene)
    for name, person in scene.cast.items():
        token, key = APIToken.create_token(user=person, name="test")
        bearer = {"authorization": f"Bearer {key}"}
        with subtests.test(key_of=name):
            answer = ask(Client(headers=bearer), "get", address)

            assert_tells_nothing(answer, name, secrets, address)
            assert is_open(answer) == (name in (door.opens or ()))
        with subtests.test(revoked_key_of=name):
            token.revoke()

            assert ask(Client(headers=bearer), "get", address).status == 401


def askers(door: Door, taken: People | None) -> list[str]:
    """Everybody; for a method that the address does not take those who come nearest.

    What is not taken from who may use the address is taken from nobody.
    """
    nearest = people(ANYBODY, door.opens or ANYBODY, door.does or ANYBODY)
    return sorted(nearest if taken is None else EVERYBODY)
