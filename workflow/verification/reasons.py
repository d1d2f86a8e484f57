"""Every reason why a file is not authentic: a stable code and what to do about it."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Verdict(StrEnum):
    """What a file by itself can prove. Only the register knows "superseded"."""

    AUTHENTIC = "authentic"
    ALTERED = "altered"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Codes of the report; programs rely on them, so none is ever renamed."""

    EMPTY_FILE = "empty_file"
    NOT_A_PDF = "not_a_pdf"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"

    BYTES_CHANGED = "bytes_changed"
    SIGNATURE_BROKEN = "signature_broken"
    ENVELOPE_CHANGED = "envelope_changed"
    TIMESTAMP_BROKEN = "timestamp_broken"
    BYTES_BEHIND_END = "bytes_behind_end"
    COVERAGE_UNCLEAR = "coverage_unclear"
    PAGE_CHANGED = "page_changed"
    PAGES_ADDED_OR_REMOVED = "pages_added_or_removed"
    ANNOTATION_CHANGED = "annotation_changed"
    FIELD_CHANGED = "field_changed"
    APPEARANCE_CHANGED = "appearance_changed"
    EFFECTIVE_DATE_CHANGED = "effective_date_changed"
    SIGNATURE_REMOVED = "signature_removed"
    SIGNATURE_REPLACED = "signature_replaced"
    METADATA_CHANGED = "metadata_changed"
    HISTORY_CHANGED = "history_changed"
    ATTACHMENT_CHANGED = "attachment_changed"
    ACTION_ADDED = "action_added"
    CHANGED_AFTER_SIGNING = "changed_after_signing"
    NOT_COVERED = "not_covered"
    RECORD_MISSING = "record_missing"

    NOT_A_PACKET = "not_a_packet"
    TOO_COMPLEX = "too_complex"
    DTD_FORBIDDEN = "dtd_forbidden"
    PACKET_VERSION_UNKNOWN = "packet_version_unknown"
    PACKET_INVALID = "packet_invalid"
    PACKET_REWRITTEN = "packet_rewritten"
    MARKUP_FORBIDDEN = "markup_forbidden"
    ID_DUPLICATED = "id_duplicated"
    DATA_OUT_OF_PLACE = "data_out_of_place"
    UNSIGNED_ELEMENT = "unsigned_element"
    REFERENCES_MISSING = "references_missing"
    REFERENCE_FORBIDDEN = "reference_forbidden"
    REFERENCE_MOVED = "reference_moved"
    TRANSFORM_FORBIDDEN = "transform_forbidden"
    ANOTHER_RECORD = "another_record"
    RECORD_DIGEST_WRONG = "record_digest_wrong"
    SIGNATURE_REPEATED = "signature_repeated"
    PACKET_DIFFERS = "packet_differs"
    PACKET_UNREADABLE = "packet_unreadable"
    PACKET_MISSING = "packet_missing"
    PAGES_NOT_SIGNED = "pages_not_signed"
    PACKET_SIGNER_DIFFERS = "packet_signer_differs"
    TEACHERS_NOT_SIGNED = "teachers_not_signed"

    NOT_SIGNED = "not_signed"
    SIGNATURE_MISSING = "signature_missing"
    CERTIFICATE_NOT_TRUSTED = "certificate_not_trusted"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_NOT_FOR_SIGNING = "certificate_not_for_signing"
    CERTIFICATE_IS_AUTHORITY = "certificate_is_authority"
    REVOCATION_UNKNOWN = "revocation_unknown"
    WRONG_SIGNER = "wrong_signer"
    WRONG_SCHOOL = "wrong_school"
    SEAL_IS_PERSONAL = "seal_is_personal"
    NO_TIMESTAMP = "no_timestamp"
    TIMESTAMP_NOT_TRUSTED = "timestamp_not_trusted"
    TIMESTAMP_EXPIRED = "timestamp_expired"
    TIMESTAMP_REVOKED = "timestamp_revoked"
    TIME_CONTRADICTED = "time_contradicted"
    WEAK_ALGORITHM = "weak_algorithm"

    @property
    def verdict(self) -> Verdict:
        """What this reason alone makes of a file."""
        if self in UNREADABLE:
            return Verdict.UNREADABLE
        return Verdict.ALTERED if self in ALTERED else Verdict.UNKNOWN

    @property
    def sentence(self) -> Promise:
        """What a clerk should do, in the reader's language."""
        return SENTENCES[self]


UNREADABLE = frozenset(
    {
        Reason.EMPTY_FILE,
        Reason.NOT_A_PDF,
        Reason.TRUNCATED,
        Reason.DAMAGED,
        Reason.ENCRYPTED,
        Reason.TOO_LARGE,
        Reason.NOT_A_PACKET,
        Reason.TOO_COMPLEX,
        Reason.DTD_FORBIDDEN,
        Reason.PACKET_VERSION_UNKNOWN,
        Reason.PACKET_INVALID,
    }
)
ALTERED = frozenset(
    {
        Reason.BYTES_CHANGED,
        Reason.SIGNATURE_BROKEN,
        Reason.ENVELOPE_CHANGED,
        Reason.TIMESTAMP_BROKEN,
        Reason.BYTES_BEHIND_END,
        Reason.COVERAGE_UNCLEAR,
        Reason.PAGE_CHANGED,
        Reason.PAGES_ADDED_OR_REMOVED,
        Reason.ANNOTATION_CHANGED,
        Reason.FIELD_CHANGED,
        Reason.APPEARANCE_CHANGED,
        Reason.EFFECTIVE_DATE_CHANGED,
        Reason.SIGNATURE_REMOVED,
        Reason.SIGNATURE_REPLACED,
        Reason.METADATA_CHANGED,
        Reason.HISTORY_CHANGED,
        Reason.ATTACHMENT_CHANGED,
        Reason.ACTION_ADDED,
        Reason.CHANGED_AFTER_SIGNING,
        Reason.NOT_COVERED,
        Reason.RECORD_MISSING,
        Reason.PACKET_REWRITTEN,
        Reason.MARKUP_FORBIDDEN,
        Reason.ID_DUPLICATED,
        Reason.DATA_OUT_OF_PLACE,
        Reason.UNSIGNED_ELEMENT,
        Reason.REFERENCES_MISSING,
        Reason.REFERENCE_FORBIDDEN,
        Reason.REFERENCE_MOVED,
        Reason.TRANSFORM_FORBIDDEN,
        Reason.ANOTHER_RECORD,
        Reason.RECORD_DIGEST_WRONG,
        Reason.SIGNATURE_REPEATED,
        Reason.PACKET_DIFFERS,
    }
)

SENTENCES: dict[Reason, Promise] = {
    Reason.EMPTY_FILE: _("The file is empty. Ask for it again."),
    Reason.NOT_A_PDF: _("This is not a PDF file. Choose the PDF of the record."),
    Reason.TRUNCATED: _("The end of the file is missing. Download or send it again."),
    Reason.DAMAGED: _("The file is damaged and cannot be read. Ask for it again."),
    Reason.ENCRYPTED: _("The file has a password. Ask for the file without one."),
    Reason.TOO_LARGE: _("The file is too large for a record. Choose the right file."),
    Reason.BYTES_CHANGED: _(
        "Something in the file was changed after it was signed. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.SIGNATURE_BROKEN: _(
        "A signature in the file is broken. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.ENVELOPE_CHANGED: _(
        "The data around a signature was changed. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.TIMESTAMP_BROKEN: _(
        "A time-stamp in the file is broken. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.BYTES_BEHIND_END: _(
        "Something was appended behind the end of the file. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.COVERAGE_UNCLEAR: _(
        "A signature does not cover the whole file as it stood. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.PAGE_CHANGED: _(
        "What a page shows was changed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.PAGES_ADDED_OR_REMOVED: _(
        "Pages were added or removed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.ANNOTATION_CHANGED: _(
        "A note or a stamp was added after signing, or changed. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.FIELD_CHANGED: _(
        "A field of the form was changed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.APPEARANCE_CHANGED: _(
        "What a signature shows on the page was painted over. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.EFFECTIVE_DATE_CHANGED: _(
        "The date from which the record counts was changed. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.SIGNATURE_REMOVED: _(
        "A signature was taken out of the file. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.SIGNATURE_REPLACED: _(
        "A signature was replaced by another one. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.METADATA_CHANGED: _(
        "What the file says about itself was changed after signing. "
        "Do not accept it; ask the school for the original file."
    ),
    Reason.HISTORY_CHANGED: _(
        "An earlier state of the file was hidden or replaced. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.ATTACHMENT_CHANGED: _(
        "The data inside the file was changed after signing. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.ACTION_ADDED: _(
        "The file was made to do something when it is opened. Do not open it; "
        "ask the school for the original file."
    ),
    Reason.CHANGED_AFTER_SIGNING: _(
        "The file was changed after it was signed. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.NOT_COVERED: _(
        "The last part of the file is under no signature. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.RECORD_MISSING: _(
        "The data of the record is missing from the file. Do not accept it; "
        "ask the school for the original file."
    ),
    Reason.NOT_A_PACKET: _(
        "This is not a packet of records. Choose the XML file of the record."
    ),
    Reason.TOO_COMPLEX: _(
        "The packet is built more deeply than any record. Choose the right file."
    ),
    Reason.DTD_FORBIDDEN: _(
        "The packet brings definitions of its own, which may hide something. "
        "Do not accept it; tell the administrator."
    ),
    Reason.PACKET_VERSION_UNKNOWN: _(
        "The packet has a format that is not known here. "
        "Ask the administrator for a newer version of this program."
    ),
    Reason.PACKET_INVALID: _(
        "The packet does not keep to its format. Ask the sender for a new one."
    ),
    Reason.PACKET_REWRITTEN: _(
        "Another program has written the packet anew. "
        "Ask the sender for the original file."
    ),
    Reason.MARKUP_FORBIDDEN: _(
        "The packet has comments or instructions, which may hide something. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.ID_DUPLICATED: _(
        "Two parts of the packet have the same name, so that a signature may mean "
        "either. Do not accept it; ask the sender for the original file."
    ),
    Reason.DATA_OUT_OF_PLACE: _(
        "Signed data was moved and other data stands in its place. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.UNSIGNED_ELEMENT: _(
        "The packet holds something that nobody has signed. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.REFERENCES_MISSING: _(
        "A signature does not say what it covers. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.REFERENCE_FORBIDDEN: _(
        "A signature points outside the packet or at something computed. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.REFERENCE_MOVED: _(
        "A signature covers something else than its place demands. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.TRANSFORM_FORBIDDEN: _(
        "A signature changes the data before it covers them. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.ANOTHER_RECORD: _(
        "A part of the packet belongs to another record. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.RECORD_DIGEST_WRONG: _(
        "The data are not those that the packet names. "
        "Do not accept it; ask the sender for the original file."
    ),
    Reason.SIGNATURE_REPEATED: _(
        "The same part is signed twice. Ask the school for the finished record."
    ),
    Reason.NOT_SIGNED: _(
        "Nobody has signed this file. Ask the school for the signed record."
    ),
    Reason.SIGNATURE_MISSING: _(
        "A signature that the record needs is missing. "
        "Ask the school for the finished record."
    ),
    Reason.PACKET_DIFFERS: _(
        "The signed data in the file is that of another record or version. "
        "Do not accept it; ask the school for the original file."
    ),
    Reason.PACKET_UNREADABLE: _(
        "The signed data in the file cannot be read. Ask the school for a new file."
    ),
    Reason.PACKET_MISSING: _(
        "The file has pages and no signed data. Ask the school for the whole file."
    ),
    Reason.PAGES_NOT_SIGNED: _(
        "Nobody has signed these pages; only the data inside the file bears "
        "signatures. Look the record up by its code and compare, or ask the "
        "school for the file that it issued."
    ),
    Reason.PACKET_SIGNER_DIFFERS: _(
        "Others signed the data than the pages. Ask the school who signed and why."
    ),
    Reason.TEACHERS_NOT_SIGNED: _(
        "Not every row bears its teacher's signature. Ask the school why."
    ),
    Reason.CERTIFICATE_NOT_TRUSTED: _(
        "A certificate comes from an authority that is not trusted here. "
        "Ask the department which authorities are accepted."
    ),
    Reason.CERTIFICATE_EXPIRED: _(
        "A certificate had expired when it was used. Ask the school to sign again."
    ),
    Reason.CERTIFICATE_NOT_YET_VALID: _(
        "A certificate was not yet valid when it was used. "
        "Ask the school to sign again."
    ),
    Reason.CERTIFICATE_REVOKED: _(
        "A certificate had been revoked before it was used. "
        "Do not accept it; tell the school."
    ),
    Reason.CERTIFICATE_NOT_FOR_SIGNING: _(
        "A certificate is not meant for signing documents. "
        "Ask the school to sign again."
    ),
    Reason.CERTIFICATE_IS_AUTHORITY: _(
        "A certificate that issues certificates has signed the record. "
        "Do not accept it; tell the department."
    ),
    Reason.REVOCATION_UNKNOWN: _(
        "Whether a certificate had been revoked is not known here. Check again "
        "later, or with the revocation lists of the authority."
    ),
    Reason.WRONG_SIGNER: _(
        "Somebody else than expected has signed. Ask the school who signed and why."
    ),
    Reason.WRONG_SCHOOL: _(
        "The seal is that of another school. Do not accept it; tell the department."
    ),
    Reason.SEAL_IS_PERSONAL: _(
        "A person's certificate stands where the seal of the school belongs. "
        "Ask the school to seal with its own."
    ),
    Reason.NO_TIMESTAMP: _(
        "Nobody has confirmed when this was signed. "
        "Ask the school for a record with a time-stamp."
    ),
    Reason.TIMESTAMP_NOT_TRUSTED: _(
        "The time-stamp comes from a service that is not trusted here. "
        "Ask the department which services are accepted."
    ),
    Reason.TIMESTAMP_EXPIRED: _(
        "The last time-stamp is too old to vouch for the file. "
        "Ask the school for a renewed file."
    ),
    Reason.TIMESTAMP_REVOKED: _(
        "The certificate of the time-stamping service has been revoked. "
        "Ask the school for a renewed file."
    ),
    Reason.TIME_CONTRADICTED: _(
        "The time that the signer states is not the time of the time-stamp. "
        "Ask the school when it was signed."
    ),
    Reason.WEAK_ALGORITHM: _(
        "The signature uses a method that is too weak today. "
        "Ask the school to sign again."
    ),
}


def unreadable_end(trailing_bytes: int) -> Reason:
    """A file that ends in its middle has lost its end mark or the one before shows."""
    return Reason.TRUNCATED if trailing_bytes else Reason.DAMAGED
