"""A key on a token or in an HSM, through the module of its maker (PKCS#11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote, unquote_to_bytes

import pkcs11
from asn1crypto import x509
from pkcs11.types import SignMixin
from pkcs11.util.ec import encode_ecdsa_signature

from workflow.signing.certificates import CertificateInfo, describe_certificate
from workflow.signing.providers import modules
from workflow.signing.providers.base import Authorisation, Mechanism
from workflow.signing.providers.errors import (
    KeyAbsent,
    KeyUnsuitable,
    ModuleUnusable,
    PinMissing,
    SignatureWrong,
)
from workflow.signing.providers.modules import Selection, understood
from workflow.signing.providers.proof import is_signature

# RFC 8017 §9.2: what CKM_RSA_PKCS wants in front of a SHA-256 digest.
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
PSS = (pkcs11.Mechanism.SHA256, pkcs11.MGF.SHA256, 32)

# Called for each login and its answer is never kept; "" means that nobody is there.
AskPin = Callable[[], str]


@dataclass(frozen=True)
class TokenKey:
    """Which key on which token; an empty part says nothing.

    Written as a PKCS#11 URI (RFC 7512): ``pkcs11:token=hocba;object=seal;id=%01``.
    """

    token: str = ""
    serial: str = ""
    label: str = ""
    id: bytes = b""

    @classmethod
    def from_uri(cls, uri: str) -> Self:
        """Raises ModuleUnusable for what is no such URI.

        A module or a PIN in it is refused: which code is loaded is the operator's
        choice, and PINs are not kept beside the key's name.
        """
        scheme, _, path = uri.partition(":")
        pairs = [part.partition("=") for part in path.split(";") if part]
        values = {name: value for name, _, value in pairs}
        known = {"token", "serial", "object", "id"}
        if scheme != "pkcs11" or "?" in path or not values.keys() <= known:
            raise ModuleUnusable(uri, "not a PKCS#11 URI of token, serial, object, id")
        return cls(
            token=unquote(values.get("token", "")),
            serial=unquote(values.get("serial", "")),
            label=unquote(values.get("object", "")),
            id=unquote_to_bytes(values.get("id", "")),
        )

    @property
    def name(self) -> str:
        """For people."""
        return self.token or self.serial or self.label

    @property
    def selection(self) -> Selection:
        return Selection(self.token, self.serial)

    def matches(self, found: pkcs11.Object) -> bool:
        if self.label and found[pkcs11.Attribute.LABEL] != self.label:
            return False
        return not self.id or found[pkcs11.Attribute.ID] == self.id


@dataclass(frozen=True)
class Entry:
    """A certificate on the token, with the CKA_ID that it shares with its key."""

    id: bytes
    certificate: CertificateInfo


class Pkcs11Provider:
    """Logs in once and keeps the session; a lost one is opened again once.

    ``ask_pin`` is called at each login, so once for a batch unless the session is
    lost. The PIN is checked by the token itself, also when the token is open already.
    """

    def __init__(self, module: Path, key: TokenKey, ask_pin: AskPin) -> None:
        self.key = key
        self._module = modules.load(module)
        self._ask_pin = ask_pin
        self._entry: Entry | None = None
        self._mechanism: Mechanism | None = None
        self._private: SignMixin | None = None

    @property
    def mechanism(self) -> Mechanism:
        """PSS for RSA keys, unless the token is too old for it."""
        if self._mechanism is None:
            self._mechanism = self._find_mechanism()
        return self._mechanism

    def describe(self) -> CertificateInfo:
        """Read once; certificates are public, so nobody is asked for a PIN."""
        return self._found.certificate

    def authorise(self, digests: Sequence[bytes]) -> Authorisation:
        """Log in: a wrong PIN or an absent token shows before anything is signed.

        Whoever is logged in already has been asked.
        """
        if self._private is None:
            with self._module.lock, understood(self.key.name):
                self._open()
        return Authorisation(digests=tuple(digests))

    def sign(
        self, digests: Sequence[bytes], authorisation: Authorisation
    ) -> Iterator[bytes]:
        authorisation.require(digests)
        for digest in digests:
            yield self._sign(digest)

    def close(self) -> None:
        """Log out; the next use asks for the PIN again."""
        self._private = None
        self._module.log_out(self.key.selection)

    @property
    def _found(self) -> Entry:
        if self._entry is None:
            with (
                self._module.lock,
                understood(self.key.name),
                self._module.public_session(self.key.selection) as session,
            ):
                self._entry = find_entry(session, self.key)
        return self._entry

    def _sign(self, digest: bytes) -> bytes:
        certificate, mechanism = self.describe(), self.mechanism
        with self._module.lock, understood(self.key.name):
            signature = self._raw(digest, mechanism)
        if not is_signature(signature, digest, certificate, mechanism):
            raise SignatureWrong
        return signature

    def _raw(self, digest: bytes, mechanism: Mechanism) -> bytes:
        if self._private is not None:
            try:
                return sign_with(self._private, digest, mechanism)
            except pkcs11.PKCS11Error:
                # Whatever it was, a new session shows whether it stays.
                self._private = None
        return sign_with(self._open(), digest, mechanism)

    def _open(self) -> SignMixin:
        # Before anybody is asked for a PIN: is the token there, and the right one?
        self._module.find(self.key.selection)
        pin = self._ask_pin()
        if not pin:
            raise PinMissing(self.key.name)
        session = self._module.log_in(self.key.selection, pin)
        self._private = private_key(session, self._found.id, self.key.name)
        return self._private

    def _find_mechanism(self) -> Mechanism:
        algorithm = self.describe().leaf.public_key.algorithm
        with self._module.lock, understood(self.key.name):
            known = self._module.find(self.key.selection).slot.get_mechanisms()
        if algorithm == "ec" and pkcs11.Mechanism.ECDSA in known:
            return Mechanism.ECDSA
        if algorithm == "rsa" and pkcs11.Mechanism.RSA_PKCS_PSS in known:
            return Mechanism.RSA_PSS
        if algorithm == "rsa" and pkcs11.Mechanism.RSA_PKCS in known:
            return Mechanism.RSA_PKCS1
        raise KeyUnsuitable(self.key.name, algorithm)


def list_keys(module: Path) -> list[TokenKey]:
    """Every end-entity certificate on every token that is plugged in now."""
    loaded = modules.load(module)
    with loaded.lock, understood(module.name):
        return [key for token in loaded.tokens() for key in keys_on(token)]


def keys_on(token: pkcs11.Token) -> list[TokenKey]:
    name = Selection.of(token)
    with token.open() as session:
        return [
            TokenKey(name.label, name.serial, id=bytes(found[pkcs11.Attribute.ID]))
            for found in certificates(session)
            if not x509.Certificate.load(found[pkcs11.Attribute.VALUE]).ca
        ]


def sign_with(key: SignMixin, digest: bytes, mechanism: Mechanism) -> bytes:
    """Raw mechanisms: SoftHSM and many tokens have none that digests by itself."""
    if mechanism is Mechanism.ECDSA:
        raw = key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
        return encode_ecdsa_signature(bytes(raw))
    if mechanism is Mechanism.RSA_PSS:
        option = pkcs11.Mechanism.RSA_PKCS_PSS
        return bytes(key.sign(digest, mechanism=option, mechanism_param=PSS))
    return bytes(key.sign(DIGEST_INFO + digest, mechanism=pkcs11.Mechanism.RSA_PKCS))


def find_entry(session: pkcs11.Session, key: TokenKey) -> Entry:
    """The one end-entity certificate that ``key`` names; raises KeyAbsent."""
    objects = list(certificates(session))
    others = [x509.Certificate.load(one[pkcs11.Attribute.VALUE]) for one in objects]
    fitting = [
        (bytes(one[pkcs11.Attribute.ID]), leaf)
        for one, leaf in zip(objects, others, strict=True)
        if key.matches(one) and not leaf.ca
    ]
    if len(fitting) != 1:
        raise KeyAbsent(key.name, f"{len(fitting)} certificates fit")
    ((identity, leaf),) = fitting
    return Entry(identity, describe_certificate(leaf, issuers_of(leaf, others)))


def private_key(session: pkcs11.Session, identity: bytes, name: str) -> SignMixin:
    """Raises KeyAbsent, or KeyUnsuitable for a key that wants a PIN each time."""
    attributes = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY,
        pkcs11.Attribute.ID: identity,
    }
    for found in session.get_objects(attributes):
        if wants_pin_each_time(found):
            raise KeyUnsuitable(name, "CKA_ALWAYS_AUTHENTICATE")
        if isinstance(found, SignMixin):
            return found
    raise KeyAbsent(name)


def wants_pin_each_time(key: pkcs11.Object) -> bool:
    try:
        return bool(key[pkcs11.Attribute.ALWAYS_AUTHENTICATE])
    except pkcs11.AttributeTypeInvalid:
        return False


def issuers_of(
    leaf: x509.Certificate, others: Sequence[x509.Certificate]
) -> Iterator[x509.Certificate]:
    """Those on the token that lead upwards; the root is left out."""
    found = leaf
    for _ in others:
        above = [one for one in others if one.subject == found.issuer]
        if not above or above[0].self_signed != "no":
            return
        found = above[0]
        yield found


def certificates(session: pkcs11.Session) -> Iterator[pkcs11.Object]:
    kind = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}
    yield from session.get_objects(kind)
