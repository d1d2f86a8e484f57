"""``python -m workflow.signing.agent --module LIBRARY --origin https://SITE``"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from workflow.signing.agent.desk import Agent
from workflow.signing.agent.prompt import TEXTS, TerminalPrompt
from workflow.signing.agent.server import AgentServer, checked_origin
from workflow.signing.errors import SigningRefused
from workflow.signing.providers import modules

DEFAULT_PORT = 17583


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m workflow.signing.agent",
        description="Signs with the token on this machine what a page asks for.",
    )
    made.add_argument(
        "--module", type=Path, required=True, help="PKCS#11 library of the token"
    )
    made.add_argument(
        "--origin",
        type=checked_origin,
        action="append",
        required=True,
        help="page that may ask, like https://hocba.example.vn; may be repeated",
    )
    made.add_argument("--port", type=int, default=DEFAULT_PORT)
    made.add_argument("--language", choices=sorted(TEXTS), default="vi")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted."""
    options = parser().parse_args(arguments)
    try:
        modules.load(options.module)
    except SigningRefused as error:
        sys.stderr.write(f"{error}\n")
        return 2
    agent = Agent(options.module, TerminalPrompt(sys.stderr, options.language))
    with AgentServer(agent, options.origin, options.port) as server:
        sys.stderr.write(f"http://127.0.0.1:{server.server_address[1]}\n")
        sys.stderr.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
