"""Every reason why a file is not authentic: a stable code and what to do about it."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise

from workflow.verification.sentences import SENTENCES as SENTENCES


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


def unreadable_end(trailing_bytes: int) -> Reason:
    """A file that ends in its middle has lost its end mark or the one before shows."""
    return Reason.TRUNCATED if trailing_bytes else Reason.DAMAGED
