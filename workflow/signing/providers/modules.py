"""PKCS#11 modules in this process: one lock, one login for each token, forks seen."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pkcs11
from pkcs11._pkcs11 import lib as Library

from workflow.signing.providers.errors import (
    KeyAbsent,
    KeyUnsuitable,
    ModuleUnusable,
    PinLocked,
    PinWrong,
    TokenAbsent,
    TokenLost,
    TokenRefused,
)

Meaning = type[TokenRefused] | type[TokenAbsent]
MEANINGS: dict[type[pkcs11.PKCS11Error], Meaning] = {
    pkcs11.PinIncorrect: PinWrong,
    pkcs11.PinInvalid: PinWrong,
    pkcs11.PinLenRange: PinWrong,
    pkcs11.PinLocked: PinLocked,
    pkcs11.PinExpired: PinLocked,
    pkcs11.UserPinNotInitialized: PinLocked,
    pkcs11.NoSuchToken: TokenAbsent,
    pkcs11.TokenNotPresent: TokenAbsent,
    pkcs11.TokenNotRecognised: TokenAbsent,
    pkcs11.DeviceRemoved: TokenAbsent,
    pkcs11.SlotIDInvalid: TokenAbsent,
    pkcs11.NoSuchKey: KeyAbsent,
    pkcs11.MultipleTokensReturned: KeyAbsent,
    pkcs11.MechanismInvalid: KeyUnsuitable,
    pkcs11.MechanismParamInvalid: KeyUnsuitable,
    pkcs11.KeyTypeInconsistent: KeyUnsuitable,
}


@dataclass(frozen=True)
class Selection:
    """A token by label, by serial number, or by both."""

    label: str
    serial: str

    @classmethod
    def of(cls, token: pkcs11.Token) -> Self:
        """What names this very token."""
        return cls(token.label, token.serial.decode(errors="replace"))

    def fits(self, other: Selection) -> bool:
        """Whether ``other``, which names one token, is one that this may mean."""
        return self.label in ("", other.label) and self.serial in ("", other.serial)


class Module:
    """The library of one maker, initialised once in each process.

    The caller holds ``lock`` around everything: a module initialised without locks
    of its own may be entered by one thread at a time (PKCS#11 v2.40 §5.4).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._process = os.getpid()
        self._logins: dict[Selection, pkcs11.Session] = {}
        self._library = open_library(path)

    def find(self, selection: Selection) -> pkcs11.Token:
        """The token, plugged in now. Raises pkcs11's NoSuchToken or its kin."""
        self._after_fork()
        try:
            return self._present(selection)
        except pkcs11.NoSuchToken:
            # To start anew would end the sessions with other tokens.
            if not all(map(selection.fits, self._logins)):
                raise
        except pkcs11.PKCS11Error:
            # The module is out of order altogether: nobody's session can live.
            self._logins.clear()
        # Some modules look for tokens when they start, and never again.
        self._restart()
        return self._present(selection)

    def tokens(self) -> list[pkcs11.Token]:
        """All that are plugged in; looks again, unless that would end a session."""
        self._after_fork()
        if not self._logins:
            self._restart()
        ready = pkcs11.TokenFlag.TOKEN_INITIALIZED
        return list(self._library.get_tokens(token_flags=ready))

    def log_in(self, selection: Selection, pin: str) -> pkcs11.Session:
        """A session in which this PIN was right, just now.

        A login holds for the whole process: on a token that is open already any PIN
        would seem right. So the earlier login ends first; its holder comes back with
        a PIN of their own.
        """
        token = self.find(selection)
        self.log_out(Selection.of(token))
        session = token.open(user_pin=pin)
        self._logins[Selection.of(token)] = session
        return session

    def log_out(self, selection: Selection) -> None:
        with self.lock:
            for token in list(filter(selection.fits, self._logins)):
                # A token that is gone has logged out by itself.
                with suppress(pkcs11.PKCS11Error):
                    self._logins.pop(token).close()

    @contextmanager
    def public_session(self, selection: Selection) -> Iterator[pkcs11.Session]:
        """A session that sees what everybody may see."""
        session = self.find(selection).open()
        try:
            yield session
        finally:
            with suppress(pkcs11.PKCS11Error):
                session.close()

    def _present(self, selection: Selection) -> pkcs11.Token:
        found: pkcs11.Token = self._library.get_token(
            token_label=selection.label or None,
            token_serial=selection.serial.encode() or None,
        )
        return found

    def _after_fork(self) -> None:
        # PKCS#11 v2.40 §6.6.1: what a parent initialised a child may not use.
        if self._process != os.getpid():
            self._process = os.getpid()
            self._restart()

    def _restart(self) -> None:
        self._logins.clear()
        with suppress(pkcs11.PKCS11Error):
            self._library.finalize()
        self._library.initialize()


_modules: dict[Path, Module] = {}
_guard = threading.Lock()


def load(path: Path) -> Module:
    """The module at ``path``, loaded once. Raises ModuleUnusable."""
    with _guard:
        if path not in _modules:
            _modules[path] = Module(path)
        return _modules[path]


def open_library(path: Path) -> Library:
    try:
        return pkcs11.lib(str(path))
    except (pkcs11.PKCS11Error, OSError) as error:
        raise ModuleUnusable(path.name, str(error)) from error


@contextmanager
def understood(name: str) -> Iterator[None]:
    """Raise our own error for what the token ``name`` answers."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        meaning = MEANINGS.get(type(error), TokenLost)
        raise meaning(name, type(error).__name__) from error
