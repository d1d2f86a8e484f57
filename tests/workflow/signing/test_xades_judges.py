"""Packets that we sign, judged by xmlsec1, xmllint, openssl and signxml's verifier."""

from __future__ import annotations

import subprocess
from base64 import b64decode

from signxml.algorithms import SignatureMethod

from documents.exchange.trees import DS, SCHEMAS, XADES, canonical
from tests.workflow.signing.judges import signxml_accepts, xmlsec1
from tests.workflow.signing.packets import issued, package_of_two


def test_xmlsec1_accepts_every_signature_of_a_finished_record(desk, path):
    path.write_bytes(issued(desk).to_bytes())

    said = [xmlsec1(desk, path, "GVBM", 1), xmlsec1(desk, path, "GVBM", 2)]
    said += [xmlsec1(desk, path, slot) for slot in ("GVCN", "CBQL", "KY_PHAT_HANH")]

    assert all(answer.startswith("OK\n") for answer in said), said
    # Two rows, the signature's own properties and its certificates.
    assert "References (ok/all): 4/4" in said[0]


def test_xmlsec1_accepts_package_and_records_inside_it(desk, path):
    path.write_bytes(package_of_two(desk).to_bytes())

    said = [xmlsec1(desk, path, "KY_GOI")]
    said += [xmlsec1(desk, path, "KY_PHAT_HANH", number) for number in (1, 2)]

    assert all(answer.startswith("OK\n") for answer in said), said


def test_xmlsec1_refuses_a_changed_mark(desk, path):
    data = issued(desk).to_bytes()
    path.write_bytes(data.replace(b"<MUC_DAT>H</MUC_DAT>", b"<MUC_DAT>T</MUC_DAT>", 1))

    said = [xmlsec1(desk, path, slot) for slot in ("GVBM", "CBQL", "KY_PHAT_HANH")]

    assert not any(answer.startswith("OK\n") for answer in said)


def test_xmllint_accepts_the_finished_record(desk, path):
    path.write_bytes(issued(desk).to_bytes())
    schema = SCHEMAS / "primary_year-1.xsd"

    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "validates" in done.stderr


def test_signxml_accepts_what_signxml_wrote(desk):
    made = issued(desk)

    assert signxml_accepts(made, "KY_PHAT_HANH", SignatureMethod.ECDSA_SHA256)


def test_openssl_accepts_the_time_stamp_over_the_signature_value(desk, tmp_path):
    root = issued(desk).places.root
    folder = desk.ca.directory
    value = root.find(f".//CBQL/{DS}Signature/{DS}SignatureValue")
    stamp = root.findtext(f".//CBQL//{XADES}EncapsulatedTimeStamp")
    data, token = tmp_path / "value", tmp_path / "token"
    data.write_bytes(canonical(value))
    token.write_bytes(b64decode(stamp))

    command = ["openssl", "ts", "-verify", "-data", data, "-in", token, "-token_in"]
    command += ["-CAfile", folder / "root.pem", "-untrusted", folder / "issuing.pem"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "Verification: OK" in done.stdout + done.stderr
