"""A token that is really there (SoftHSM): its answers, its PIN, and its absence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.workflow.signing.material import HEAD, SCHOOL
from tests.workflow.signing.providers.material import (
    digests,
    pyhanko_accepts,
    signed_record,
)
from tests.workflow.signing.providers.tokens import MODULE, PIN, provider
from workflow.signing.errors import AuthorisationMismatch, SigningUnavailable
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.errors import (
    KeyAbsent,
    KeyUnsuitable,
    ModuleUnusable,
    PinMissing,
    PinWrong,
    SignatureWrong,
    TokenAbsent,
)
from workflow.signing.providers.pkcs11 import (
    Entry,
    Pkcs11Provider,
    TokenKey,
    list_keys,
)
from workflow.signing.providers.proof import is_signature

pytestmark = pytest.mark.usefixtures("drawer")
TWENTY = digests(20)


class Keypad:
    """Counts how often somebody had to type."""

    def __init__(self, *pins: str) -> None:
        self.pins = list(pins)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.pins.pop(0) if self.pins else PIN


def test_the_certificate_and_its_issuers_are_read_without_a_pin():
    keypad = Keypad()

    head = provider("head", keypad).describe()
    seal = provider("seal", keypad).describe()

    assert (head.name, seal.name) == (HEAD, SCHOOL)
    issuers = [one.subject.native["common_name"] for one in head.chain]
    assert issuers == ["Hocba Development Issuing CA"]
    assert keypad.asked == 0


def test_one_pin_signs_the_whole_batch():
    keypad = Keypad()
    token = provider("head", keypad)

    signatures = list(token.sign(TWENTY, token.authorise(TWENTY)))

    assert token.mechanism is Mechanism.ECDSA
    for digest, signature in zip(TWENTY, signatures, strict=True):
        assert is_signature(signature, digest, token.describe(), token.mechanism)
    assert keypad.asked == 1


@pytest.mark.parametrize("mechanism", [Mechanism.RSA_PSS, Mechanism.RSA_PKCS1])
def test_rsa_keys_sign_by_pss_or_by_what_old_tokens_know(mechanism, monkeypatch):
    token = provider("rsa")
    assert token.mechanism is Mechanism.RSA_PSS
    token._mechanism = mechanism

    (signature,) = token.sign(TWENTY[:1], token.authorise(TWENTY[:1]))

    assert is_signature(signature, TWENTY[0], token.describe(), mechanism)
    assert not is_signature(signature, TWENTY[1], token.describe(), mechanism)


def test_pyhanko_accepts_a_record_that_a_token_signed(desk):
    pdf = signed_record(desk, provider("head"))

    assert pyhanko_accepts(pdf, desk)


@pytest.mark.parametrize(
    ("pin", "error"), [("9999", PinWrong), ("1", PinWrong), ("", PinMissing)]
)
def test_a_wrong_pin_shows_before_anything_is_signed_and_is_not_tried_twice(pin, error):
    keypad = Keypad(pin)

    with pytest.raises(error) as caught:
        provider("head", keypad).authorise(TWENTY)

    assert caught.value.name == "hocba"
    assert keypad.asked == 1


def test_a_wrong_pin_is_wrong_also_while_somebody_else_is_logged_in():
    first = provider("head")
    consent = first.authorise(TWENTY)

    with pytest.raises(PinWrong):
        provider("seal", Keypad("9999")).authorise(TWENTY)

    assert len(list(first.sign(TWENTY, consent))) == 20


def test_one_token_under_two_names_is_one_token():
    first = provider("head")
    consent = first.authorise(TWENTY)
    (full,) = [key for key in list_keys(MODULE) if key.id == b"\x02"]
    second = Pkcs11Provider(MODULE, full, Keypad())

    assert len(list(second.sign(TWENTY, second.authorise(TWENTY)))) == 20
    assert len(list(first.sign(TWENTY, consent))) == 20


def test_a_session_that_was_lost_in_mid_batch_is_opened_again():
    keypad = Keypad()
    token = provider("head", keypad)
    signing = token.sign(TWENTY, token.authorise(TWENTY))
    done = [next(signing)]

    provider("seal").authorise(TWENTY)
    done += signing

    assert len(done) == 20
    assert keypad.asked == 2


def test_after_a_token_was_pulled_out_the_batch_goes_on_at_the_exact_record(drawer):
    token = provider("head")
    consent = token.authorise(TWENTY)
    signing = token.sign(TWENTY, consent)
    done = [next(signing) for _ in range(7)]

    drawer.pull_out()
    try:
        with pytest.raises(SigningUnavailable) as caught:
            next(signing)
    finally:
        drawer.plug_in()

    assert isinstance(caught.value, TokenAbsent)
    assert "hocba" in caught.value.for_user()
    done += token.sign(TWENTY[len(done) :], consent)
    certificate = token.describe()
    for digest, signature in zip(TWENTY, done, strict=True):
        assert is_signature(signature, digest, certificate, Mechanism.ECDSA)


def test_nobody_is_asked_for_a_pin_when_the_token_is_not_there():
    keypad = Keypad()
    absent = Pkcs11Provider(MODULE, TokenKey(token="another"), keypad)

    with pytest.raises(TokenAbsent):
        absent.authorise(TWENTY)

    assert keypad.asked == 0


def test_a_key_that_the_token_does_not_hold_is_named():
    with pytest.raises(KeyAbsent) as caught:
        provider("nobody").describe()

    assert caught.value.code == "key_absent"


def test_a_name_that_fits_two_keys_is_not_guessed():
    with pytest.raises(KeyAbsent, match="certificates fit"):
        Pkcs11Provider(MODULE, TokenKey(token="hocba"), Keypad()).describe()


def test_a_key_that_wants_the_pin_each_time_is_no_key_for_a_class():
    with pytest.raises(KeyUnsuitable, match="ALWAYS_AUTHENTICATE"):
        provider("strict").authorise(TWENTY)


def test_what_was_not_authorised_is_not_signed():
    token = provider("head")
    consent = token.authorise(TWENTY[:2])

    with pytest.raises(AuthorisationMismatch):
        next(token.sign(TWENTY, consent))


def test_a_key_that_is_not_the_certificates_own_is_found_out():
    token, other = provider("head"), provider("seal")
    consent = token.authorise(TWENTY)
    token._entry = Entry(token._found.id, other.describe())

    with pytest.raises(SignatureWrong):
        next(token.sign(TWENTY, consent))


def test_a_worker_that_was_forked_signs_with_a_session_of_its_own():
    token = provider("head")
    consent = token.authorise(TWENTY)

    child = os.fork()
    if child == 0:
        made = len(list(token.sign(TWENTY, consent)))
        os._exit(0 if made == 20 else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert len(list(token.sign(TWENTY, consent))) == 20


def test_logging_out_makes_the_next_act_ask_again():
    keypad = Keypad()
    token = provider("head", keypad)
    consent = token.authorise(TWENTY)

    token.close()
    list(token.sign(TWENTY, consent))

    assert keypad.asked == 2


def test_what_is_no_module_is_refused(tmp_path: Path):
    with pytest.raises(ModuleUnusable):
        Pkcs11Provider(tmp_path / "none.so", TokenKey(token="hocba"), Keypad())


def test_a_key_is_named_by_a_uri():
    uri = "pkcs11:token=Ph%C3%B2ng%20h%E1%BB%8Dc;serial=07;object=seal;id=%01%a0"

    key = TokenKey.from_uri(uri)

    assert key == TokenKey("Phòng học", "07", "seal", b"\x01\xa0")
    assert key.name == "Phòng học"


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs12:token=hocba",
        "pkcs11:token=hocba;module-path=/tmp/evil.so",
        "pkcs11:token=hocba?pin-value=1234",
        "pkcs11:token=hocba;pin-source=file:/etc/pin",
    ],
)
def test_a_uri_brings_neither_code_nor_pin(uri):
    with pytest.raises(ModuleUnusable):
        TokenKey.from_uri(uri)
