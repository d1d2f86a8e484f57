"""The API of the Cloud Signature Consortium: v1.0.4 and the same calls of v2."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from asn1crypto import x509

from workflow.signing.certificates import CertificateInfo, describe_certificate
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.csc_http import Answer, Json, Refusal, Transport
from workflow.signing.providers.errors import (
    AccessDenied,
    AuthorisationDeclined,
    CredentialDisabled,
    KeyUnsuitable,
    OtpWrong,
    PinLocked,
    PinWrong,
    ServiceRefused,
    ServiceUnavailable,
    TokenRefused,
)

SHA256_OID = "2.16.840.1.101.3.4.2.1"
# What a service may offer (key/algo), the best first: ECDSA and PSS before PKCS#1.
# The plain key types stand for PKCS#1 and ECDSA with the digest named beside.
SIGN_ALGORITHMS = {
    "1.2.840.10045.4.3.2": Mechanism.ECDSA,
    "1.2.840.10045.2.1": Mechanism.ECDSA,
    "1.2.840.113549.1.1.10": Mechanism.RSA_PSS,
    "1.2.840.113549.1.1.11": Mechanism.RSA_PKCS1,
    "1.2.840.113549.1.1.1": Mechanism.RSA_PKCS1,
}
KEY_TYPES = {
    "ec": {Mechanism.ECDSA},
    "rsa": {Mechanism.RSA_PSS, Mechanism.RSA_PKCS1},
}
# §11.6: the lifetime of a SAD that does not say it.
DEFAULT_LIFETIME = 3600
DECLINED = frozenset({"access_denied", "authorization_denied", "user_declined"})


@dataclass(frozen=True)
class Dialect:
    """Where v1 and v2 call the same thing differently."""

    path: str
    hashes: str
    hash_algorithm: str


V1 = Dialect("csc/v1", "hash", "hashAlgo")
V2 = Dialect("csc/v2", "hashes", "hashAlgorithmOID")


@dataclass(frozen=True)
class Secrets:
    """What the signer typed for this act. Never stored, never logged."""

    pin: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)


@dataclass(frozen=True)
class Grant:
    """The SAD: may sign so many hashes within so many seconds."""

    sad: str = field(repr=False)
    lifetime: int = DEFAULT_LIFETIME


@dataclass(frozen=True)
class Handle:
    """The signer was asked elsewhere; ask about this."""

    value: str


@dataclass(frozen=True)
class CscCredential:
    """One key at the service."""

    id: str
    certificate: CertificateInfo
    mechanism: Mechanism
    algorithm: str
    multisign: int
    enabled: bool
    needs_pin: bool
    needs_otp: bool


class Account(Protocol):
    """How this installation, not the signer, is known to the service."""

    def token(self, transport: Transport, dialect: Dialect) -> str:
        """A bearer token, fetched anew at every call of this."""


@dataclass(frozen=True)
class OpenAccount:
    """No account: services on this machine, and services behind client certificates."""

    def token(self, transport: Transport, dialect: Dialect) -> str:
        return ""


@dataclass(frozen=True)
class PasswordAccount:
    """auth/login with a user and password (§11.2)."""

    user: str
    password: str = field(repr=False)

    def token(self, transport: Transport, dialect: Dialect) -> str:
        path = f"{dialect.path}/auth/login"
        answer = transport.post_form(path, {}, self.user, self.password)
        return text(answer.data, "access_token")


@dataclass(frozen=True)
class ClientAccount:
    """OAuth 2.0 client credentials (§8.4.3)."""

    client_id: str
    secret: str = field(repr=False)

    def token(self, transport: Transport, dialect: Dialect) -> str:
        form = {"grant_type": "client_credentials", "scope": "service"}
        answer = transport.post_form("oauth2/token", form, self.client_id, self.secret)
        return text(answer.data, "access_token")


class CscClient:
    """One service. Raises ServiceUnavailable, or the SigningRefused that fits."""

    def __init__(
        self, transport: Transport, *, account: Account, dialect: Dialect = V1
    ) -> None:
        self.transport = transport
        self.dialect = dialect
        self._account = account
        self._token: str | None = None

    def info(self) -> Json:
        """What the service says of itself; also a sign of life."""
        return self._call("info", {}).data

    def credential_ids(self) -> Iterator[str]:
        """All keys that this account may see, page after page."""
        body: dict[str, Any] = {}
        while True:
            page = self._call("credentials/list", body).data
            yield from page.get("credentialIDs", [])
            if not page.get("nextPageToken"):
                return
            body = {"pageToken": page["nextPageToken"]}

    def credential(self, id: str) -> CscCredential:
        body = {"credentialID": id, "certificates": "chain", "authInfo": True}
        data = self._call("credentials/info", body).data
        try:
            return read_credential(id, data)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ServiceUnavailable(f"credentials/info: {error!r}") from error

    def send_otp(self, id: str) -> None:
        """Let the service send the one-time code to the signer's phone (v1 §11.7)."""
        self._call("credentials/sendOTP", {"credentialID": id}, name=id)

    def authorise(
        self, credential: CscCredential, digests: Sequence[bytes], secrets: Secrets
    ) -> Grant | Handle:
        """One act for these digests, ``multisign`` at most."""
        body: dict[str, Any] = {
            "credentialID": credential.id,
            "numSignatures": len(digests),
            self.dialect.hashes: list(map(b64, digests)),
            self.dialect.hash_algorithm: SHA256_OID,
        }
        body |= self._factors(credential, secrets)
        # A one-time code that arrived is used up, whatever came back.
        answer = self._call(
            "credentials/authorize",
            body,
            name=credential.certificate.name,
            repeatable=not credential.needs_otp,
        )
        return read_grant(answer)

    def check(self, handle: Handle, name: str) -> Grant | Handle:
        """What has become of an act that was to be confirmed elsewhere (v2 §11.9)."""
        body = {"handle": handle.value}
        return read_grant(self._call("credentials/authorizeCheck", body, name=name))

    def sign(
        self, credential: CscCredential, digests: Sequence[bytes], sad: str
    ) -> list[bytes]:
        """What the service gave, unchecked: it may be fewer, or of something else.

        Raises Refusal when the service does not accept the SAD for these.
        """
        body: dict[str, Any] = {
            "credentialID": credential.id,
            "SAD": sad,
            self.dialect.hashes: list(map(b64, digests)),
            self.dialect.hash_algorithm: SHA256_OID,
            "signAlgo": credential.algorithm,
        }
        if credential.mechanism is Mechanism.RSA_PSS:
            parameters = Mechanism.RSA_PSS.identifier()["parameters"]
            body["signAlgoParams"] = b64(parameters.dump())
        answer = self._authorised("signatures/signHash", body, repeatable=True)
        return [decoded for one in items(answer) if (decoded := unb64(one))]

    def _factors(self, credential: CscCredential, secrets: Secrets) -> Json:
        needed = {}
        if credential.needs_pin:
            needed["PIN"] = secrets.pin
        if credential.needs_otp:
            needed["OTP"] = secrets.otp
        if self.dialect is V1 or not needed:
            return needed
        return {"authData": [{"id": id, "value": v} for id, v in needed.items()]}

    def _call(
        self, path: str, body: Json, *, name: str = "", repeatable: bool = True
    ) -> Answer:
        try:
            return self._authorised(path, body, repeatable=repeatable)
        except Refusal as said:
            explain(said, name or self.transport.base_url)

    def _authorised(self, path: str, body: Json, *, repeatable: bool) -> Answer:
        """With our own account's token, renewed once when it has run out."""
        path = f"{self.dialect.path}/{path}"
        for fresh in (False, True):
            token = self._account_token(fresh=fresh)
            try:
                return self.transport.post(
                    path, body, token=token, repeatable=repeatable
                )
            except Refusal as said:
                if said.status != 401:
                    raise
                refused = said
        raise AccessDenied(refused.error, refused.description) from refused

    def _account_token(self, *, fresh: bool) -> str:
        if self._token is None or fresh:
            try:
                self._token = self._account.token(self.transport, self.dialect)
            except Refusal as said:
                raise AccessDenied(said.error, said.description) from said
        return self._token


def read_credential(id: str, data: Json) -> CscCredential:
    leaf, *chain = (
        x509.Certificate.load(base64.b64decode(one), strict=True)
        for one in data["cert"]["certificates"]
    )
    certificate = describe_certificate(
        leaf, [one for one in chain if one.self_signed == "no"]
    )
    algorithm = choose_algorithm(certificate, data["key"]["algo"])
    asked = factors(data)
    return CscCredential(
        id=id,
        certificate=certificate,
        mechanism=SIGN_ALGORITHMS[algorithm],
        algorithm=algorithm,
        multisign=max(1, int(data["multisign"])),
        enabled=data["key"]["status"] == "enabled",
        needs_pin="PIN" in asked,
        needs_otp="OTP" in asked,
    )


def choose_algorithm(certificate: CertificateInfo, offered: Sequence[str]) -> str:
    fitting = KEY_TYPES.get(certificate.leaf.public_key.algorithm, set())
    for algorithm, mechanism in SIGN_ALGORITHMS.items():
        if algorithm in offered and mechanism in fitting:
            return algorithm
    raise KeyUnsuitable(certificate.name, ", ".join(offered))


def factors(data: Json) -> set[str]:
    """Which of PIN and OTP the signer has to type: v2 lists objects, v1 has fields."""
    if "auth" in data:
        return {one["id"] for one in data["auth"].get("objects", [])}
    found = {name: data.get(name, {}).get("presence") for name in ("PIN", "OTP")}
    return {name for name, presence in found.items() if presence in ("true", True)}


def read_grant(answer: Answer) -> Grant | Handle:
    if isinstance(sad := answer.data.get("SAD"), str) and sad:
        return Grant(sad, int(answer.data.get("expiresIn", DEFAULT_LIFETIME)))
    if isinstance(handle := answer.data.get("handle"), str) and handle:
        return Handle(handle)
    raise ServiceUnavailable("neither SAD nor handle in the answer")


def explain(said: Refusal, name: str) -> NoReturn:
    """Raise what the error code of the service means to the signer.

    v1 has invalid_pin and invalid_otp, v2 invalid_authentication_data for both; that
    a credential is locked or disabled stands in the description only.
    """
    meanings: Mapping[str, type[TokenRefused]] = {
        "invalid_pin": PinWrong,
        "invalid_authentication_data": PinWrong,
        "invalid_otp": OtpWrong,
    }
    lowered = said.description.lower()
    if said.error in DECLINED:
        raise AuthorisationDeclined(str(said)) from said
    if "locked" in lowered:
        raise PinLocked(name, said.description) from said
    if "disabled" in lowered:
        raise CredentialDisabled(name, said.description) from said
    if meaning := meanings.get(said.error):
        raise meaning(name, said.description) from said
    raise ServiceRefused(said.error, said.description) from said


def items(answer: Answer) -> list[Any]:
    found = answer.data.get("signatures")
    return found if isinstance(found, list) else []


def text(data: Json, key: str) -> str:
    if isinstance(found := data.get(key), str):
        return found
    raise ServiceUnavailable(f"no {key} in the answer")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def unb64(data: Any) -> bytes:
    """Empty for what is no base64: the check of the signature refuses it."""
    try:
        return base64.b64decode(data, validate=True)
    except (TypeError, ValueError):
        return b""
