"""Why a package, a record of one, or a receipt is not taken in."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents.models import Record

from ...errors import WorkflowError
from ...verification.reasons import Reason

# Of one record in a package whose envelope is good; the verifier's codes come first.
RECORD_SENTENCES: dict[str, Promise] = {
    "not_the_senders": _(
        "The sender neither issued nor keeps this record and has no right to send it."
    ),
    "issuer_unknown": _(
        "The issuing school is not in this register with that code and tax code."
    ),
    "issuer_not_in_force": _(
        "The issuing school was no school on the day of its seal. Ask who sealed it."
    ),
    "head_without_office": _(
        "The head's certificate names neither the issuing school nor a person whom "
        "this register has as its head on that day. Ask the school who signed; then "
        "enter its head here, or have it signed with a certificate that names the "
        "school."
    ),
    "header_differs": _(
        "The head of the record and its content name different things."
    ),
    "older_version": _("A newer version of this record is here already."),
    "version_conflict": _("This version is here already, with another content."),
    "recalled_here": _("This record was recalled here and is being written again."),
    "record_locked": _(
        "This record is in effect here; nothing may change it any more."
    ),
    "not_locked": _("Only a record in effect can be handed over."),
    "lock_time_wrong": _("The record would be in effect since after it was sent."),
    "pupil_conflict": _("Another pupil has this pupil's code or look-up code here."),
    "book_conflict": _("This pupil has a book with another look-up code here."),
    "sheet_conflict": _("Another sheet of this pupil and school year is here already."),
    "not_storable": _("The record holds a value that this register cannot keep."),
}
# Of a whole package, or of a receipt.
SENTENCES: dict[str, Promise] = {
    "receiver_unknown": _("The unit that this package is for is not in this register."),
    "sender_unknown": _(
        "The sender does not stand in this register with that code and tax code. "
        "Enter the school first, or correct its tax code."
    ),
    "sender_not_in_force": _("The sender was no school any more when this was made."),
    "sender_elsewhere": _("The sender does not belong to the unit that this is for."),
    "purpose_unknown": _("The purpose of this package is not known here."),
    "package_reused": _(
        "A package with this number was received before with another content. "
        "Ask the sender what happened."
    ),
    "made_in_future": _("The package says that it was made after now."),
    "package_unknown": _("No package with that number was sent from here."),
    "another_package": _(
        "The receipt is about other bytes than those of the package that was sent."
    ),
    "another_receiver": _(
        "The receipt is not from the unit that the package was sent to."
    ),
    "receipt_does_not_fit": _("The receipt names other records than the package."),
    "receipt_filed": _("Another receipt for this package is filed already."),
}

PLACE = _("Place in the file: %(place)s.")


class PacketNotTaken(WorkflowError):
    """The whole file is refused and nothing is kept of it. ``codes``: worst first.

    ``detail`` names what the codes are about; ``place`` is where in the file it stands,
    line and column or the name of an element, as far as that is known.
    """

    user_message = _("The file was refused: %(sentences)s")

    def __init__(
        self, codes: Sequence[str], detail: str = "", *, place: str = ""
    ) -> None:
        self.codes = list(codes)
        self.code = self.codes[0]
        self.detail = detail
        self.place = place
        super().__init__(f"refused: {', '.join(self.codes)} {detail or place}".rstrip())

    @property
    def sentences(self) -> str:
        found = " ".join(str(sentence_of(code)) for code in self.codes)
        if self.place:
            found = f"{found} {PLACE % {'place': self.place}}"
        return f"{found} ({self.detail})" if self.detail else found

    def for_user(self) -> str:
        return str(self.user_message) % {"sentences": self.sentences}


class NothingToSend(WorkflowError):
    code = "nothing_to_send"
    user_message = _("There is no signed record to send.")


class NoReceiver(WorkflowError):
    code = "no_receiver"
    user_message = _("There is no department above %(unit)s that could receive this.")

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(f"{unit} reports to nobody")


class NoTaxCode(WorkflowError):
    code = "no_tax_code"
    user_message = _(
        "%(unit)s has no tax code, so nobody could tell that its seal is its own. "
        "Enter it first."
    )

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(f"{unit} has no tax code")


class SheetNotLocked(WorkflowError):
    code = "sheet_not_locked"
    user_message = _(
        "The book goes as a whole, and its sheet of %(school_year)s is not in effect."
    )

    def __init__(self, record: Record) -> None:
        self.school_year = record.school_year
        super().__init__(f"record {record.pk} is {record.state}")


class CustodyMoved(WorkflowError):
    code = "custody_moved"
    user_message = _(
        "The record %(record)s is not with the sender any more, or on its way to "
        "somebody else. Clear that with the other school first."
    )

    def __init__(self, record: Record) -> None:
        self.record = str(record)
        super().__init__(f"record {record.pk} is with {record.custodian_id}")


def sentence_of(code: str) -> Promise | str:
    """What a code of this module or of the verifier says to a person."""
    if sentence := SENTENCES.get(code) or RECORD_SENTENCES.get(code):
        return sentence
    # A receipt may bring a code that another program has given.
    return Reason(code).sentence if code in set(Reason) else code
