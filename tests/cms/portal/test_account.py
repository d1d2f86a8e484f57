from __future__ import annotations

import pytest
from django.contrib.auth import get_user
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from cms.portal.limits import SIGN_INS, SIGN_INS_THERE
from cms.portal.tries import Tries
from documents.models import User
from tests import factories

SIGN_IN = "/account/sign-in/"


def sign_in(client: Client, name: str, password: str = factories.PASSWORD, **more: str):
    data = {"username": name, "password": password, **more}
    return client.post(SIGN_IN, data)


def test_a_parent_signs_in_to_the_own_children(client, parent):
    response = sign_in(client, "parent")

    assert response.status_code == 302
    assert response.headers["Location"] == "/children/"
    assert get_user(client) == parent


def test_staff_who_sign_in_here_are_led_to_the_workspace(client, registrar):
    response = sign_in(client, "registrar")

    assert response.headers["Location"] == "/admin/"


def test_signing_in_leads_back_to_where_one_was_going(client, parent):
    response = sign_in(client, "parent", next="/account/password/")

    assert response.headers["Location"] == "/account/password/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/"])
def test_signing_in_never_leads_to_another_site(client, parent, elsewhere):
    response = sign_in(client, "parent", next=elsewhere)

    assert response.headers["Location"] == "/children/"


def test_a_wrong_password_keeps_the_name_and_not_the_password(client, parent):
    response = sign_in(client, "parent", "not-the-password")

    assert response.status_code == 200
    assert 'value="parent"' in response.text
    assert "not-the-password" not in response.text
    assert "switch Vietnamese typing off" in response.text
    assert not get_user(client).is_authenticated


def test_the_form_refuses_a_post_from_another_site(parent):
    strict = Client(enforce_csrf_checks=True)

    response = sign_in(strict, "parent")

    assert response.status_code == 403
    assert not get_user(strict).is_authenticated


def test_signing_in_gives_a_new_session(client, parent):
    client.get("/")
    session = client.session
    session["before"] = "1"
    session.save()
    client.cookies["sessionid"] = session.session_key

    sign_in(client, "parent")

    assert client.cookies["sessionid"].value != session.session_key
    assert client.cookies["sessionid"]["httponly"]


def test_after_too_many_tries_the_right_password_waits_as_well(client, parent):
    for _time in range(SIGN_INS.count):
        sign_in(client, "parent", "wrong")

    response = sign_in(client, "parent")

    assert response.status_code == 429
    assert not get_user(client).is_authenticated


def test_tries_on_one_name_are_counted_from_wherever_they_come(client, parent):
    for number in range(SIGN_INS.count):
        address = f"192.0.2.{number}"
        data = {"username": "PARENT", "password": "wrong"}
        client.post(SIGN_IN, data, REMOTE_ADDR=address)

    response = sign_in(client, "parent")

    assert response.status_code == 429


def test_tries_count_at_whichever_process_they_come(client, parent):
    for _time in range(SIGN_INS.count):
        cache.clear()  # another process remembers nothing of what this one counted
        sign_in(client, "parent", "wrong")
    cache.clear()

    response = sign_in(client, "parent")

    assert response.status_code == 429
    assert not get_user(client).is_authenticated


def test_the_count_names_nobody_and_goes_when_its_window_is_over(client, parent):
    sign_in(client, "parent", "wrong")
    Tries.objects.update(until=timezone.now())

    sign_in(client, "parent", "wrong", REMOTE_ADDR="192.0.2.1")

    kept = list(Tries.objects.values_list("key", flat=True))
    assert len(kept) == 2
    assert not [key for key in kept if "parent" in key or "127.0.0.1" in key]


@pytest.mark.parametrize(
    "name", [" parent ", "ＰＡＲＥＮＴ", "Parent", " " * 250 + "parent"]
)
def test_another_spelling_of_a_name_is_no_other_name(client, parent, name):
    for number in range(SIGN_INS.count):
        data = {"username": name, "password": "wrong"}
        client.post(SIGN_IN, data, REMOTE_ADDR=f"192.0.2.{number}")

    assert sign_in(client, "parent").status_code == 429


def test_the_door_of_the_workspace_counts_the_same_tries(client, registrar):
    data = {"username": "registrar", "password": "wrong"}
    for _time in range(SIGN_INS.count):
        assert client.post("/admin/login/", data).status_code == 200

    refused = client.post("/admin/login/", data | {"password": factories.PASSWORD})

    assert refused.status_code == 429
    assert sign_in(client, "registrar").status_code == 429
    assert not get_user(client).is_authenticated


def test_staff_sign_in_at_the_workspace_as_before(client, registrar):
    data = {"username": "registrar", "password": factories.PASSWORD}

    response = client.post("/admin/login/?next=//evil.example/", data)

    assert response.headers["Location"] == "/admin/"
    assert "no-store" in response.headers["Cache-Control"]
    assert get_user(client) == registrar


@pytest.mark.parametrize("made_up", ["x", '"><script>', "staff:nothing"])
def test_a_made_up_way_on_is_no_fault_for_who_is_in(client, registrar, made_up):
    client.force_login(registrar)

    response = client.get("/admin/login/", {"next": made_up})

    assert response.status_code == 302


def test_wagtail_s_third_door_leads_to_ours(client):
    response = client.post("/_util/login/", {"username": "x", "password": "y"})

    assert response.headers["Location"] == SIGN_IN


@pytest.mark.django_db
def test_asking_for_a_new_password_tells_nothing_and_is_counted(client, mailoutbox):
    factories.make_user("known")
    User.objects.filter(username="known").update(email="known@example.vn")
    url = "/admin/password_reset/"

    for name in ("known", "unknown"):
        answer = client.post(url, {"email": f"{name}@example.vn"})
        assert answer.headers["Location"] == f"{url}done/"
    assert len(mailoutbox) == 1

    for _time in range(SIGN_INS.count - 1):
        last = client.post(url, {"email": "known@example.vn"})
    assert last.status_code == 429


def test_a_whole_school_signs_in_from_one_address(client, school):
    for number in range(SIGN_INS.count + 5):
        factories.make_user(f"t{number}", "head", school)
        data = {"username": f"t{number}", "password": factories.PASSWORD}
        assert client.post("/admin/login/", data).status_code == 302


def test_a_whole_school_may_mistype_behind_one_address(client, school):
    factories.make_user("t", "head", school)
    for number in range(SIGN_INS.count + 5):
        assert sign_in(client, f"t{number}", "wrong").status_code == 200

    assert sign_in(client, "t").status_code == 302


def test_one_right_password_gives_back_no_wrong_ones(client, parent, registrar):
    for number in range(SIGN_INS_THERE.count - 1):
        sign_in(client, f"nobody{number}", "wrong")
    assert sign_in(Client(), "registrar").status_code == 302
    sign_in(client, "parent", "wrong")

    assert sign_in(client, "registrar").status_code == 429


def test_signing_out_is_a_post_and_ends_the_session(client, parent):
    client.force_login(parent)

    by_link = client.get("/account/sign-out/")
    by_button = client.post("/account/sign-out/")

    assert by_link.status_code == 405
    assert by_button.headers["Location"] == "/"
    assert not get_user(client).is_authenticated


def test_a_new_password_ends_the_other_sessions(client, parent):
    elsewhere = Client()
    elsewhere.force_login(parent)
    client.force_login(parent)
    new = "một-mật-khẩu-khác-2027"
    data = {
        "old_password": factories.PASSWORD,
        "new_password1": new,
        "new_password2": new,
    }

    response = client.post("/account/password/", data, follow=True)

    assert "The password has been changed." in response.text
    assert get_user(client) == parent
    assert not get_user(elsewhere).is_authenticated
    parent.refresh_from_db()
    assert parent.check_password(new)


def test_a_weak_password_is_refused_with_the_reason(client, parent):
    client.force_login(parent)
    data = {
        "old_password": factories.PASSWORD,
        "new_password1": "12345678",
        "new_password2": "12345678",
    }

    response = client.post("/account/password/", data)

    assert response.status_code == 200
    assert "entirely numeric" in response.text
    assert response.text.count("autofocus") == 1
    parent.refresh_from_db()
    assert parent.check_password(factories.PASSWORD)


@pytest.mark.django_db
def test_a_stranger_changes_no_password(client):
    response = client.get("/account/password/")

    assert response.headers["Location"] == f"{SIGN_IN}?next=/account/password/"


def test_the_head_of_the_page_leads_each_to_the_own_place(client, parent, registrar):
    client.force_login(parent)
    of_parent = client.get("/verify/").text
    client.force_login(registrar)
    of_registrar = client.get("/verify/").text

    assert ("My children" in of_parent, "Workspace" in of_parent) == (True, False)
    assert ("My children" in of_registrar, "Workspace" in of_registrar) == (False, True)


@pytest.mark.django_db
def test_the_door_of_the_workspace_asks_in_vietnamese(client):
    page = client.get("/admin/login/", headers={"accept-language": "vi"})

    assert page.context["form"]["password"].label == "Mật khẩu"
