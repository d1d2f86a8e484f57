"""What can be wrong with a packet before anybody looks at its cryptography."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from documents.errors import RecordsError


class Fault(StrEnum):
    """Stable codes; each is a ``workflow.verification.reasons.Reason`` too."""

    EMPTY_FILE = "empty_file"
    TOO_LARGE = "too_large"
    TOO_COMPLEX = "too_complex"
    NOT_A_PACKET = "not_a_packet"
    DTD_FORBIDDEN = "dtd_forbidden"
    DAMAGED = "damaged"
    VERSION_UNKNOWN = "packet_version_unknown"
    INVALID = "packet_invalid"

    REWRITTEN = "packet_rewritten"
    MARKUP_FORBIDDEN = "markup_forbidden"
    ID_DUPLICATED = "id_duplicated"
    OUT_OF_PLACE = "data_out_of_place"
    UNSIGNED_ELEMENT = "unsigned_element"
    REFERENCES_MISSING = "references_missing"
    REFERENCE_FORBIDDEN = "reference_forbidden"
    TRANSFORM_FORBIDDEN = "transform_forbidden"
    WEAK_ALGORITHM = "weak_algorithm"
    SIGNATURE_FORM = "envelope_changed"
    ANOTHER_RECORD = "another_record"
    DIGEST_WRONG = "record_digest_wrong"


class PacketRefused(RecordsError):
    """These bytes are no packet that may be read. ``faults`` says why, worst first.

    ``place`` is where in the file, as far as that is known: line and column
    ("2:517"), or the path of an element.
    """

    code = "packet_refused"
    user_message = _("The packet was refused: %(codes)s. Ask the sender for a new one.")

    def __init__(
        self, faults: Iterable[Fault], detail: str = "", *, place: str = ""
    ) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        self.codes = ", ".join(self.faults)
        self.detail = detail
        self.place = place
        super().__init__(f"{self.codes} {detail}".rstrip())


class SlotUnavailable(RecordsError):
    """The slot is filled already, or what it would change is signed by others."""

    code = "slot_unavailable"
    user_message = _(
        "The signature “%(slot)s” cannot be added: it is there already, "
        "or somebody has signed over it."
    )

    def __init__(self, slot: str) -> None:
        self.slot = slot
        super().__init__(f"slot {slot} takes no signature")


class PacketIncomplete(RecordsError):
    """The packet does not say all that the version says: nobody may sign it."""

    code = "packet_incomplete"
    user_message = _(
        "The data of the record %(lookup_code)s cannot be written as a packet. "
        "Tell the administrator."
    )

    def __init__(self, lookup_code: str) -> None:
        self.lookup_code = lookup_code
        super().__init__(f"packet of {lookup_code} lost something")
