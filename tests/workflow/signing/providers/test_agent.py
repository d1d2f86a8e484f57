"""Browser, agent, token: from the page's request to the signed record."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.workflow.signing.material import HEAD, SCHOOL
from tests.workflow.signing.providers.agents import (
    FEW,
    ORIGIN,
    PURPOSE,
    Page,
    ask_for,
    code_of,
    taken,
)
from tests.workflow.signing.providers.tokens import MODULE, PIN
from workflow.signing.agent.__main__ import main
from workflow.signing.agent.server import checked_origin
from workflow.signing.providers.agent import (
    certificate_from_browser,
)
from workflow.signing.providers.errors import (
    PinWrong,
)


def test_one_pin_signs_the_list_and_page_and_window_show_one_code(page, signer, person):
    request = ask_for(signer)

    accepted = taken(request, signer, page.post("sign", request.for_browser()))

    assert list(accepted.signatures) == FEW
    assert accepted.stopped_by is None
    assert [act.code for act in person.acts] == [request.code]


def test_the_keys_on_the_token_are_shown_without_a_pin(page, person):
    keys = page.get("keys").json()["keys"]

    assert {key["mechanism"] for key in keys} == {"ecdsa", "rsa_pss"}
    assert {key["name"] for key in keys} == {HEAD, SCHOOL}
    assert person.acts == []


@pytest.mark.parametrize(
    ("path", "body"), [("keys", None), ("sign", {}), ("status", None), ("pair", {})]
)
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://hocba.example.vn",
        "https://hocba.example.vn.evil.example",
        "https://hocba.example.vn:8443",
    ],
)
def test_another_page_hears_nothing_though_it_knows_the_token(page, origin, path, body):
    page.origin = origin

    answer = page.get(path) if body is None else page.post(path, body)

    assert code_of(answer) == (403, "origin_refused")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_name_that_was_bent_to_this_machine_is_refused(page):
    answer = page.get("status", Host="hocba.example.vn")

    assert code_of(answer) == (403, "host_refused")


def test_the_browsers_preflight_is_answered_for_the_right_page_alone(page):
    allowed = preflight(page, ORIGIN)
    refused = preflight(page, "https://evil.example")

    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert allowed.headers["Access-Control-Allow-Private-Network"] == "true"
    assert refused.status_code == 403
    assert not [name for name in refused.headers if name.startswith("Access-Control")]


def preflight(page: Page, origin: str) -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Private-Network": "true"}
    return requests.options(f"{page.url}/v1/sign", headers=asked, timeout=60)


def test_a_form_which_comes_without_a_preflight_is_refused(page, signer):
    body = ask_for(signer).for_browser()

    answer = page.post("sign", body, **{"Content-Type": "text/plain"})

    assert code_of(answer) == (400, "bad_request")


@pytest.mark.parametrize("path", ["keys", "sign"])
def test_a_page_that_is_not_paired_gets_no_key(stranger, path):
    answer = stranger.get(path) if path == "keys" else stranger.post(path, {})

    assert code_of(answer) == (401, "not_paired")
    assert stranger.get("status").json()["paired"] is False


def test_a_pairing_code_pairs_once(stranger, person):
    code = person.pairing_codes[-1]
    assert stranger.pair(code).status_code == 200
    assert stranger.get("status").json()["paired"] is True

    again = Page(stranger.url)

    assert code_of(again.post("pair", {"code": code})) == (403, "pairing_refused")


def test_a_guessed_pairing_code_is_replaced_after_five_tries(stranger, person):
    first = person.pairing_codes[-1]
    wrong = "000000" if first != "000000" else "000001"

    for _ in range(5):
        assert stranger.post("pair", {"code": wrong}).status_code == 403

    assert len(person.pairing_codes) == 2
    if person.pairing_codes[-1] != first:
        assert stranger.post("pair", {"code": first}).status_code == 403


def test_a_request_is_carried_out_once(page, signer, person):
    body = ask_for(signer).for_browser()
    page.post("sign", body)

    assert code_of(page.post("sign", body)) == (409, "replayed")
    assert len(person.acts) == 1


def test_a_request_of_yesterday_is_refused(page, signer, person):
    request = ask_for(signer, at=datetime.now(UTC) - timedelta(days=1))

    answer = page.post("sign", request.for_browser())

    assert code_of(answer) == (409, "request_expired")
    assert person.acts == []


def test_a_list_that_is_not_the_one_of_the_code_is_refused(page, signer, person):
    body = ask_for(signer).for_browser()
    body["digests"][3] = "00" * 32

    assert code_of(page.post("sign", body)) == (409, "code_mismatch")
    assert person.acts == []


@pytest.mark.parametrize(
    "changes",
    [
        {"digests": []},
        {"digests": ["00" * 32] * 2},
        {"digests": ["zz" * 32]},
        {"digests": ["00" * 20]},
        {"digests": "00" * 32},
        {"request": "1"},
        {"until": "tomorrow"},
        {"until": "2030-01-01T00:00:00"},
        {"purpose": 7},
        {"key": None},
    ],
)
def test_what_is_not_of_the_protocol_is_refused(page, signer, person, changes):
    body = ask_for(signer).for_browser() | changes

    assert code_of(page.post("sign", body)) == (400, "bad_request")
    assert person.acts == []


def test_the_purpose_cannot_play_with_the_window(page, signer, person):
    body = ask_for(signer).for_browser()
    body["purpose"] = "Ký 1 học bạ\x1b[2J\nPIN:\u202e" + "x" * 300

    page.post("sign", body)

    (act,) = person.acts
    assert act.purpose.startswith("Ký 1 học bạ[2J PIN:xxx")
    assert len(act.purpose) <= 200


def test_while_one_is_asked_for_a_pin_a_second_request_is_told_to_wait(
    page, signer, person
):
    person.hesitates = threading.Event()
    first = threading.Thread(
        target=page.post, args=("sign", ask_for(signer).for_browser())
    )
    first.start()
    assert person.asked.wait(60)

    answer = page.post("sign", ask_for(signer).for_browser())
    person.hesitates.set()
    first.join()

    assert code_of(answer) == (429, "busy")
    assert len(person.acts) == 1


def test_who_types_no_pin_declines(page, signer, person):
    person.pins = [""]

    answer = page.post("sign", ask_for(signer).for_browser())

    assert code_of(answer) == (409, "authorisation_declined")


def test_a_mistyped_pin_may_be_corrected_once(page, signer, person):
    person.pins = ["9999", PIN]
    request = ask_for(signer)

    accepted = taken(request, signer, page.post("sign", request.for_browser()))

    assert len(accepted.signatures) == 12
    assert len(person.acts) == 2


def test_two_wrong_pins_end_the_act_before_the_token_locks(page, signer, person):
    person.pins = ["9999", "8888"]
    request = ask_for(signer)

    accepted = taken(request, signer, page.post("sign", request.for_browser()))

    assert accepted.signatures == {}
    assert isinstance(accepted.stopped_by, PinWrong)
    assert len(person.acts) == 2


def test_the_pin_is_asked_for_again_in_the_next_act(page, signer, person):
    page.post("sign", ask_for(signer).for_browser())
    page.post("sign", ask_for(signer).for_browser())

    assert len(person.acts) == 2


def test_a_token_pulled_out_before_the_pin_leaves_nothing_signed(
    page, signer, person, drawer
):
    request = ask_for(signer)
    drawer.pull_out()
    try:
        answer = page.post("sign", request.for_browser())
    finally:
        drawer.plug_in()

    assert answer.status_code == 409
    assert "signatures" not in answer.json()
    assert page.get("keys").json()["keys"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://hocba.example.vn",
        "https://hocba.example.vn/",
        "https://user@hocba.example.vn",
        "*",
        "null",
        "",
    ],
)
def test_only_the_bare_origin_of_a_secure_page_may_be_allowed(origin):
    with pytest.raises(ValueError, match="origin"):
        checked_origin(origin)


def test_a_missing_driver_ends_the_program_with_a_sentence(capsys, tmp_path):
    code = main(["--module", str(tmp_path / "none.so"), "--origin", ORIGIN])

    assert code == 2
    assert "module_unusable" in capsys.readouterr().err


class Terminal:
    """The agent as a process of its own, with a terminal."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        options = ("--module", str(MODULE), "--origin", ORIGIN, "--port", "0")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workflow.signing.agent", *options],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def read_until(self, pattern: str) -> str:
        """The first group of ``pattern`` once the window shows it."""
        for _ in range(200):
            if match := re.search(pattern, self.seen):
                return match.group(1)
            ready, _, _ = select.select([self.master], [], [], 0.1)
            if ready:
                self.seen += os.read(self.master, 4096).decode()
        raise AssertionError(self.seen)

    def type(self, line: str) -> None:
        os.write(self.master, f"{line}\n".encode())


@pytest.fixture
def terminal(drawer) -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.process.terminate()
    made.process.wait(10)
    os.close(made.master)


# The program is a process in the time of today: a request from the beginning of a long
# run of tests would have lapsed for it.
@pytest.mark.concurrency
def test_the_program_signs_for_a_page_and_never_shows_the_pin(terminal):
    code = terminal.read_until(r": (\d{6})")
    page = Page(terminal.read_until(r"(http://127\.0\.0\.1:\d+)"))
    page.pair(code)
    keys = page.get("keys").json()["keys"]
    infos = [certificate_from_browser(json.dumps(key).encode()) for key in keys]
    signer = next(one for one in infos if one[0].name == HEAD)
    request = ask_for(signer)
    answers = []
    body = request.for_browser()
    asking = threading.Thread(target=lambda: answers.append(page.post("sign", body)))
    asking.start()

    shown = terminal.read_until(r": ([0-9A-F]{4}-[0-9A-F]{4})")
    terminal.read_until(r"(không ký\): )")
    terminal.type(PIN)
    asking.join()

    assert shown == request.code
    assert PURPOSE in terminal.seen
    assert PIN not in terminal.seen.replace(page.url, "").replace(code, "")
    assert len(taken(request, signer, answers[0]).signatures) == 12
