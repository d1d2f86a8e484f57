"""From what is registered about a key to the provider that signs with it."""

from __future__ import annotations

from pathlib import Path

from asn1crypto import pem, x509
from django.conf import settings
from django.utils import timezone

from ...models import Credential
from ...models.credentials import Provider as Kind
from ...signing.certificates import CertificateInfo, describe_certificate
from ...signing.providers.agent import DetachedSignatures
from ...signing.providers.base import Mechanism, Provider
from ...signing.providers.csc import AskSecrets, CscProvider
from ...signing.providers.csc_client import (
    V1,
    V2,
    Account,
    ClientAccount,
    CscClient,
    OpenAccount,
    PasswordAccount,
    Secrets,
)
from ...signing.providers.csc_http import Patience, Transport
from ...signing.providers.errors import ModuleUnusable, ServiceRefused
from ...signing.providers.pkcs11 import Pkcs11Provider, TokenKey
from ...signing.providers.pkcs12 import Pkcs12Provider

# In all less than the time after which a silent run is taken for dead.
PATIENCE = Patience(attempts=4, longest_wait=5, read=12)
DIALECTS = {"1": V1, "2": V2}


def build(credential: Credential, ask: AskSecrets = Secrets) -> Provider:
    """The provider of a key; ``ask`` is what its holder has typed, if anything.

    Raises KeyUnreadable, ModuleUnusable, or ServiceRefused for what the operator has
    not set up. Whether the key answers is found out by ``describe``.
    """
    match credential.provider:
        case Kind.PKCS11:
            return Pkcs11Provider(
                _module(),
                TokenKey.from_uri(credential.reference),
                lambda: _pin(credential, ask),
            )
        case Kind.CSC:
            return CscProvider(_client(), credential.reference, ask)
        case Kind.AGENT:
            certificate = read_certificates(credential.certificates)
            mechanism = Mechanism(credential.mechanism)
            return DetachedSignatures(certificate, mechanism, "", timezone.now())
    path = Path(settings.DATA_DIR) / credential.reference
    return Pkcs12Provider(path, _passphrase(path))


def answers_alone(credential: Credential) -> bool:
    """Whether the key signs at once, with what the operator has stored for it.

    The PIN in PKCS11_PIN_FILE is that of the school's HSM, never a person's.
    """
    if credential.provider == Kind.PKCS11:
        return credential.unit_id is not None and bool(settings.PKCS11_PIN_FILE)
    return credential.provider == Kind.PKCS12


def needs_of(credential: Credential, provider: Provider) -> set[str]:
    """What its holder has to do: type a "pin", an "otp", or sign with the "agent".

    Nothing for a service that asks on the holder's phone. Raises what a service that
    does not answer raises.
    """
    if credential.provider == Kind.AGENT:
        return {"agent"}
    if isinstance(provider, CscProvider):
        asked = {"pin": provider.credential.needs_pin}
        asked |= {"otp": provider.credential.needs_otp}
        return {name for name, needed in asked.items() if needed}
    return set() if answers_alone(credential) else {"pin"}


def write_certificates(certificate: CertificateInfo) -> str:
    """As PEM, the signer's own first; ``read_certificates`` reads it back."""
    ders = [certificate.der, *(bytes(one.dump()) for one in certificate.chain)]
    return "".join(pem.armor("CERTIFICATE", der).decode() for der in ders)


def read_certificates(text: str) -> CertificateInfo:
    found = [der for _, _, der in pem.unarmor(text.encode(), multiple=True)]
    leaf, *chain = map(x509.Certificate.load, found)
    return describe_certificate(leaf, chain)


def _pin(credential: Credential, ask: AskSecrets) -> str:
    if not answers_alone(credential):
        return ask().pin
    try:
        return Path(settings.PKCS11_PIN_FILE).read_text().strip()
    except OSError as error:
        raise ModuleUnusable("PKCS11_PIN_FILE", str(error)) from error


def _module() -> Path:
    if not settings.PKCS11_MODULE:
        raise ModuleUnusable("PKCS11_MODULE", "is not set")
    return Path(settings.PKCS11_MODULE)


def _client() -> CscClient:
    if not settings.CSC_URL:
        raise ServiceRefused("not_configured", "CSC_URL is not set")
    authorities = settings.CSC_CA or True
    transport = Transport(settings.CSC_URL, patience=PATIENCE, authorities=authorities)
    dialect = DIALECTS[settings.CSC_VERSION]
    return CscClient(transport, account=_account(), dialect=dialect)


def _account() -> Account:
    """This installation's own account at the service."""
    if settings.CSC_CLIENT:
        return ClientAccount(settings.CSC_CLIENT, settings.CSC_SECRET)
    if settings.CSC_USER:
        return PasswordAccount(settings.CSC_USER, settings.CSC_PASSWORD)
    return OpenAccount()


def _passphrase(path: Path) -> str:
    """Trials keep it beside the key file; Pkcs12Provider names a missing file."""
    beside = path.with_suffix(".pass")
    return beside.read_text() if beside.is_file() else ""
