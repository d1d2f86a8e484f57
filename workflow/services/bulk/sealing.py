"""Short-lived secrets in the database: readable with SECRET_KEY, for one purpose."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(text: str, purpose: str) -> str:
    """Encrypt and authenticate ``text``; it opens for the same purpose only."""
    return _lock(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """What was sealed, or "" when it was altered, or the key is another one now."""
    try:
        return _lock(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def _lock(purpose: str) -> MultiFernet:
    """The present key first; those before it still open what they closed."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    info = b"hocba sealing 1\0" + purpose.encode()
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=info)
    return base64.urlsafe_b64encode(derived.derive(key.encode()))
