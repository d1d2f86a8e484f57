"""Programs of others that judge a signature in a packet."""

from __future__ import annotations

import subprocess
from pathlib import Path

from signxml.algorithms import SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from documents.exchange.records import RecordPacket
from documents.exchange.trees import DS, XADES, canonical
from tests.workflow.signing.material import Desk

ELEMENTS = (
    "DU_LIEU_HOC_BA",
    "THONG_TIN_HOC_BA",
    "DIEM_TONG_KET",
    "DU_LIEU_GOI",
    f"{DS[1:-1]}:KeyInfo",
    f"{XADES[1:-1]}:SignedProperties",
)


def xmlsec1(desk: Desk, path: Path, slot: str, number: int = 1) -> str:
    folder = desk.ca.directory
    names = [part for name in ELEMENTS for part in ("--id-attr:Id", name)]
    place = f"(//{slot}/*[local-name()='Signature'])[{number}]"
    command: list[str | Path] = ["xmlsec1", "--verify", *names, "--node-xpath", place]
    command += ["--trusted-pem", folder / "root.pem"]
    command += ["--untrusted-pem", folder / "issuing.pem", path]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def signxml_accepts(made: RecordPacket, slot: str, method: SignatureMethod) -> bool:
    """The verdict of signxml's own verifier on one signature's cryptography."""
    element = made.places.root.find(f".//{slot}/{DS}Signature")
    leaf = element.findtext(f".//{DS}X509Certificate")
    results = XMLVerifier().verify(
        canonical(made.places.root),
        x509_cert=leaf,
        id_attribute="Id",
        expect_config=SignatureConfiguration(
            location=f".//{slot}/",
            expect_references=3,
            signature_methods=frozenset({method}),
        ),
    )
    return isinstance(results, list) and len(results) == 3
