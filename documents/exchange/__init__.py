"""Packets: records as signed XML (domain.md §5), alone or many in one envelope.

Written from the same version as the PDF, read back to the same canonical JSON. What
is read here is well-formed, of a known format and whole; who has signed it is for
``workflow.verification.xml`` to say, and nothing is to be believed before it has.
"""
