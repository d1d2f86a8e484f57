"""The agent's questions in a terminal. A desktop program shows the same in a window."""

from __future__ import annotations

import getpass
from typing import TextIO

from workflow.signing.agent.acts import Act, printable
from workflow.signing.certificates import CertificateInfo

# Here and not in the catalogues of the site: the agent runs without its settings.
TEXTS = {
    "vi": {
        "pairing": "Mã ghép nối (nhập vào trang web): {code}",
        "asked": "{origin} đề nghị ký {count} mục: {purpose}",
        "signer": "bằng chứng thư số của {name}, {organisation}",
        "compare": "So mã này với mã trên trang web: {code}",
        "wrong": "Mã PIN không đúng.",
        "pin": "Mã PIN (để trống: không ký): ",
    },
    "en": {
        "pairing": "Pairing code (type it into the page): {code}",
        "asked": "{origin} asks to sign {count} items: {purpose}",
        "signer": "with the certificate of {name}, {organisation}",
        "compare": "Compare this code with the one on the page: {code}",
        "wrong": "The PIN was wrong.",
        "pin": "PIN (empty: do not sign): ",
    },
}


class TerminalPrompt:
    """Speaks on ``stream``; the PIN is read from the terminal and not shown."""

    def __init__(self, stream: TextIO, language: str = "vi") -> None:
        self._stream = stream
        self._texts = TEXTS[language]

    def show_pairing_code(self, code: str) -> None:
        self._say("pairing", code=code)

    def ask(self, act: Act, signer: CertificateInfo, *, wrong_pin: bool) -> str:
        if wrong_pin:
            self._say("wrong")
        count, purpose = len(act.digests), act.purpose
        self._say("asked", origin=act.origin, count=count, purpose=purpose)
        organisation = printable(signer.organisation)
        self._say("signer", name=printable(signer.name), organisation=organisation)
        self._say("compare", code=act.code)
        try:
            return getpass.getpass(self._texts["pin"], self._stream)
        except (EOFError, KeyboardInterrupt):
            return ""

    def _say(self, text: str, **values: object) -> None:
        self._stream.write(self._texts[text].format(**values) + "\n")
        self._stream.flush()
