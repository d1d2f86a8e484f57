"""A small program on the signer's own machine that holds the token for the browser.

Run it by ``python -m workflow.signing.agent``. Needs no settings and no database. The
protocol is written down in ``docs/reference/agent-protocol.md``.
"""
