"""What each reason of the verifier says to a person: what is wrong, and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By the code of ``reasons.Reason``; a test says that none is missing.
SENTENCES: dict[str, Promise] = {
    "empty_file": _("The file is empty. Ask for it again."),
    "not_a_pdf": _("This is not a PDF file. Choose the PDF of the record."),
    "truncated": _("The end of the file is missing. Download or send it again."),
    "damaged": _("The file is damaged and cannot be read. Ask for it again."),
    "encrypted": _("The file has a password. Ask for the file without one."),
    "too_large": _("The file is too large for a record. Choose the right file."),
    "bytes_changed": _(
        "Something in the file was changed after it was signed. Do not accept it; "
        "ask the school for the original file."
    ),
    "signature_broken": _(
        "A signature in the file is broken. Do not accept it; "
        "ask the school for the original file."
    ),
    "envelope_changed": _(
        "The data around a signature was changed. Do not accept it; "
        "ask the school for the original file."
    ),
    "timestamp_broken": _(
        "A time-stamp in the file is broken. Do not accept it; "
        "ask the school for the original file."
    ),
    "bytes_behind_end": _(
        "Something was appended behind the end of the file. Do not accept it; "
        "ask the school for the original file."
    ),
    "coverage_unclear": _(
        "A signature does not cover the whole file as it stood. Do not accept it; "
        "ask the school for the original file."
    ),
    "page_changed": _(
        "What a page shows was changed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    "pages_added_or_removed": _(
        "Pages were added or removed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    "annotation_changed": _(
        "A note or a stamp was added after signing, or changed. Do not accept it; "
        "ask the school for the original file."
    ),
    "field_changed": _(
        "A field of the form was changed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    "appearance_changed": _(
        "What a signature shows on the page was painted over. Do not accept it; "
        "ask the school for the original file."
    ),
    "effective_date_changed": _(
        "The date from which the record counts was changed. Do not accept it; "
        "ask the school for the original file."
    ),
    "signature_removed": _(
        "A signature was taken out of the file. Do not accept it; "
        "ask the school for the original file."
    ),
    "signature_replaced": _(
        "A signature was replaced by another one. Do not accept it; "
        "ask the school for the original file."
    ),
    "metadata_changed": _(
        "What the file says about itself was changed after signing. "
        "Do not accept it; ask the school for the original file."
    ),
    "history_changed": _(
        "An earlier state of the file was hidden or replaced. Do not accept it; "
        "ask the school for the original file."
    ),
    "attachment_changed": _(
        "The data inside the file was changed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    "action_added": _(
        "The file was made to do something when it is opened. Do not open it; "
        "ask the school for the original file."
    ),
    "changed_after_signing": _(
        "The file was changed after it was signed. Do not accept it; "
        "ask the school for the original file."
    ),
    "not_covered": _(
        "The last part of the file is under no signature. Do not accept it; "
        "ask the school for the original file."
    ),
    "record_missing": _(
        "The data of the record is missing from the file. Do not accept it; "
        "ask the school for the original file."
    ),
    "not_a_packet": _(
        "This is not a packet of records. Choose the XML file of the record."
    ),
    "too_complex": _(
        "The packet is built more deeply than any record. Choose the right file."
    ),
    "dtd_forbidden": _(
        "The packet brings definitions of its own, which may hide something. "
        "Do not accept it; tell the administrator."
    ),
    "packet_version_unknown": _(
        "The packet has a format that is not known here. "
        "Ask the administrator for a newer version of this program."
    ),
    "packet_invalid": _(
        "The packet does not keep to its format. Ask the sender for a new one."
    ),
    "packet_rewritten": _(
        "Another program has written the packet anew. "
        "Ask the sender for the original file."
    ),
    "markup_forbidden": _(
        "The packet has comments or instructions, which may hide something. "
        "Do not accept it; ask the sender for the original file."
    ),
    "id_duplicated": _(
        "Two parts of the packet have the same name, so that a signature may mean "
        "either. Do not accept it; ask the sender for the original file."
    ),
    "data_out_of_place": _(
        "Signed data was moved and other data stands in its place. "
        "Do not accept it; ask the sender for the original file."
    ),
    "unsigned_element": _(
        "The packet holds something that nobody has signed. "
        "Do not accept it; ask the sender for the original file."
    ),
    "references_missing": _(
        "A signature does not say what it covers. "
        "Do not accept it; ask the sender for the original file."
    ),
    "reference_forbidden": _(
        "A signature points outside the packet or at something computed. "
        "Do not accept it; ask the sender for the original file."
    ),
    "reference_moved": _(
        "A signature covers something else than its place demands. "
        "Do not accept it; ask the sender for the original file."
    ),
    "transform_forbidden": _(
        "A signature changes the data before it covers them. "
        "Do not accept it; ask the sender for the original file."
    ),
    "another_record": _(
        "A part of the packet belongs to another record. "
        "Do not accept it; ask the sender for the original file."
    ),
    "record_digest_wrong": _(
        "The data are not those that the packet names. "
        "Do not accept it; ask the sender for the original file."
    ),
    "signature_repeated": _(
        "The same part is signed twice. Ask the school for the finished record."
    ),
    "not_signed": _(
        "Nobody has signed this file. Ask the school for the signed record."
    ),
    "signature_missing": _(
        "A signature that the record needs is missing. "
        "Ask the school for the finished record."
    ),
    "packet_differs": _(
        "The signed data in the file is that of another record or version. "
        "Do not accept it; ask the school for the original file."
    ),
    "packet_unreadable": _(
        "The signed data in the file cannot be read. Ask the school for a new file."
    ),
    "packet_missing": _(
        "The file has pages and no signed data. Ask the school for the whole file."
    ),
    "pages_not_signed": _(
        "Nobody has signed these pages; only the data inside the file bears "
        "signatures. Look the record up by its code and compare, or ask the "
        "school for the file that it issued."
    ),
    "packet_signer_differs": _(
        "Others signed the data than the pages. Ask the school who signed and why."
    ),
    "teachers_not_signed": _(
        "Not every row bears its teacher's signature. Ask the school why."
    ),
    "certificate_not_trusted": _(
        "A certificate comes from an authority that is not trusted here. "
        "Ask the department which authorities are accepted."
    ),
    "certificate_expired": _(
        "A certificate had expired when it was used. Ask the school to sign again."
    ),
    "certificate_not_yet_valid": _(
        "A certificate was not yet valid when it was used. "
        "Ask the school to sign again."
    ),
    "certificate_revoked": _(
        "A certificate had been revoked before it was used. "
        "Do not accept it; tell the school."
    ),
    "certificate_not_for_signing": _(
        "A certificate is not meant for signing documents. "
        "Ask the school to sign again."
    ),
    "certificate_is_authority": _(
        "A certificate that issues certificates has signed the record. "
        "Do not accept it; tell the department."
    ),
    "revocation_unknown": _(
        "Whether a certificate had been revoked is not known here. Check again "
        "later, or with the revocation lists of the authority."
    ),
    "wrong_signer": _(
        "Somebody else than expected has signed. Ask the school who signed and why."
    ),
    "wrong_school": _(
        "The seal is that of another school. Do not accept it; tell the department."
    ),
    "seal_is_personal": _(
        "A person's certificate stands where the seal of the school belongs. "
        "Ask the school to seal with its own."
    ),
    "no_timestamp": _(
        "Nobody has confirmed when this was signed. "
        "Ask the school for a record with a time-stamp."
    ),
    "timestamp_not_trusted": _(
        "The time-stamp comes from a service that is not trusted here. "
        "Ask the department which services are accepted."
    ),
    "timestamp_expired": _(
        "The last time-stamp is too old to vouch for the file. "
        "Ask the school for a renewed file."
    ),
    "timestamp_revoked": _(
        "The certificate of the time-stamping service has been revoked. "
        "Ask the school for a renewed file."
    ),
    "time_contradicted": _(
        "The time that the signer states is not the time of the time-stamp. "
        "Ask the school when it was signed."
    ),
    "weak_algorithm": _(
        "The signature uses a method that is too weak today. "
        "Ask the school to sign again."
    ),
}
