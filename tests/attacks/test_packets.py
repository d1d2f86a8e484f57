"""Attacks on the tree of a signed packet, each made by our code from a real one.

Whatever an attacker may do without the keys is done here: none is authentic, and
each is called by its own name. The tree is always spelled anew in the one way that
the reader takes, so that nothing is refused for its spelling alone.
"""

from __future__ import annotations

import pytest

from tests.attacks.packet_forging import (
    ENVELOPED,
    XPATH,
    Attack,
    algorithm,
    another_uuid,
    attacked,
    beside,
    better_mark,
    certificate_of_another,
    claimed_time,
    deep,
    digest_of_another,
    foreign_attribute,
    format_version,
    free_bits,
    inclusive_namespaces,
    key_value,
    kind,
    loose_attribute,
    loose_text,
    moved_reference,
    moved_signature,
    no_reference_to_the_data,
    no_references,
    no_transform,
    other_target,
    other_version,
    reference,
    rewritten,
    row_of_another,
    same_id_twice,
    second_format,
    signature_id_twice,
    swapped_stamps,
    swapped_values,
    transform,
    unsigned_property,
    without,
    without_any,
    without_stamp,
    wrap_as_sibling,
    wrap_below_the_issue,
    wrap_in_object,
    wrap_in_object_under_another_id,
    wrap_in_unsigned_properties,
    wrap_rows_among_signers,
    wrap_whole_document,
)

MANGLED: dict[str, tuple[Attack, str]] = {
    "a better mark": (better_mark, "record_digest_wrong"),
    "another content with its digest": (rewritten, "bytes_changed"),
    "another version number": (other_version, "bytes_changed"),
    "the digest of another content": (digest_of_another, "record_digest_wrong"),
    "a row of another record": (row_of_another, "another_record"),
    "another record's number": (another_uuid, "another_record"),
    "wrapping 1: in an object": (wrap_in_object, "id_duplicated"),
    "wrapping 2: other Id": (wrap_in_object_under_another_id, "data_out_of_place"),
    "wrapping 3: as a sibling": (wrap_as_sibling, "data_out_of_place"),
    "wrapping 4: below the issue": (wrap_below_the_issue, "data_out_of_place"),
    "wrapping 5: a document inside": (wrap_whole_document, "data_out_of_place"),
    "wrapping 6: in a property": (wrap_in_unsigned_properties, "data_out_of_place"),
    "wrapping 7: a row": (wrap_rows_among_signers, "data_out_of_place"),
    "the same Id twice": (same_id_twice, "id_duplicated"),
    "the Id of another signature": (signature_id_twice, "id_duplicated"),
    "a signature in another slot": (moved_signature, "reference_moved"),
    "a moved reference": (moved_reference, "reference_moved"),
    "no references": (no_references, "references_missing"),
    "no reference to the data": (no_reference_to_the_data, "references_missing"),
    "the whole document": (reference(""), "reference_forbidden"),
    "an outside reference": (reference("http://a.example/"), "reference_forbidden"),
    "a file": (reference("file:///etc/passwd"), "reference_forbidden"),
    "xpointer": (reference("#xpointer(/)"), "reference_forbidden"),
    "an XPath reference": (reference("#xpointer(id('data'))"), "reference_forbidden"),
    "an XPath transform": (transform(XPATH, "//HO_TEN"), "transform_forbidden"),
    "an enveloped transform": (transform(ENVELOPED), "transform_forbidden"),
    "inclusive namespaces": (inclusive_namespaces, "transform_forbidden"),
    "no transform": (no_transform, "transform_forbidden"),
    "SHA-1": (
        algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1"),
        "weak_algorithm",
    ),
    "HMAC": (
        algorithm("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        "weak_algorithm",
    ),
    "RSA's method for a curve": (
        algorithm(
            "SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
        ),
        "signature_broken",
    ),
    "an element beside the data": (beside("."), "unsigned_element"),
    "an element beside the head": (beside("PHAT_HANH_HOC_BA"), "unsigned_element"),
    "an element beside a signature": (beside("CBQL"), "unsigned_element"),
    "text that nobody signed": (loose_text, "unsigned_element"),
    "an attribute that nobody signed": (loose_attribute, "unsigned_element"),
    "an element in the sheet": (beside("HOC_SINH"), "packet_invalid"),
    "a type of its own": (foreign_attribute, "packet_invalid"),
    "a property that nobody signed": (unsigned_property, "packet_invalid"),
    "another name for the key": (key_value, "packet_invalid"),
    "properties of another signature": (other_target, "envelope_changed"),
    "free bits of base64": (free_bits, "envelope_changed"),
    "a claimed time": (claimed_time, "bytes_changed"),
    "swapped values": (swapped_values, "signature_broken"),
    "the certificate of another": (certificate_of_another, "envelope_changed"),
    "swapped time-stamps": (swapped_stamps, "timestamp_broken"),
    "no time-stamp": (without_stamp, "no_timestamp"),
    "without a subject teacher": (without("GVBM"), "bytes_changed"),
    "without the class teacher": (without("GVCN"), "bytes_changed"),
    "without the head": (without("CBQL"), "signature_missing"),
    "without the seal": (without("KY_PHAT_HANH"), "signature_missing"),
    "without any signature": (without_any, "not_signed"),
    "too deep": (deep, "too_complex"),
    "an unknown version": (format_version, "packet_version_unknown"),
    "the version of other sheets": (second_format, "packet_invalid"),
    "an unknown kind": (kind, "packet_version_unknown"),
}


@pytest.mark.parametrize("what", MANGLED)
def test_a_mangled_packet_is_called_what_it_is(original, verdict, what: str):
    attack, reason = MANGLED[what]

    found, reasons = verdict(attacked(original, attack))

    assert found != "authentic"
    assert reason in reasons, reasons
    assert verdict(original) == ("authentic", ())
