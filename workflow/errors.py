"""Why a step did not happen: the rules say no, or trying again may help."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from documents.errors import RecordsError
from documents.kinds import Finding
from documents.models import Record, User


class WorkflowError(RecordsError):
    """The request was clear and the rules say no. Trying again will not help."""


class IllegalTransition(WorkflowError):
    code = "illegal_transition"
    user_message = _("A record that is %(state_label)s does not allow this step.")

    def __init__(self, record: Record, action: str) -> None:
        self.state = record.state
        self.state_label = record.get_state_display()
        self.action = action
        super().__init__(f"cannot {action} a record that is {record.state}")


class NotAllowed(WorkflowError):
    code = "not_allowed"
    user_message = _("Your assignments do not allow this step.")

    def __init__(self, by: User, action: str) -> None:
        self.by = by
        self.action = action
        super().__init__(f"{by.username} may not {action}")


class NotVisible(WorkflowError):
    code = "not_found"
    user_message = _("There is no such record among those that you may see.")


class ReasonMissing(WorkflowError):
    code = "reason_missing"
    user_message = _("Write the reason: it stays in the history of the record.")


class ChecksFailed(WorkflowError):
    code = "checks_failed"
    user_message = _("The checks found what must be mended first: %(sentences)s")

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        self.codes = sorted({finding.code for finding in findings})
        super().__init__(f"blocked by {', '.join(self.codes)}")

    @property
    def sentences(self) -> str:
        return " ".join(finding.text() for finding in self.findings)

    def for_user(self) -> str:
        return str(self.user_message) % {"sentences": self.sentences}


class VersionMoved(WorkflowError):
    code = "version_moved"
    user_message = _(
        "Somebody changed this record in the meantime. Look at it again first."
    )

    def __init__(self, record: Record) -> None:
        self.record = record
        super().__init__(f"record {record.pk} has a newer version")


class NoCredential(WorkflowError):
    code = "no_credential"
    user_message = _("No signing certificate is registered for %(owner)s.")

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(f"no credential for {owner}")


class NotVerified(WorkflowError):
    code = "not_verified"
    user_message = _(
        "The signed file does not pass our own check (%(reasons)s), so nothing was "
        "issued. Tell the administrator."
    )

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = ", ".join(reasons)
        super().__init__(f"signed, and not authentic: {self.reasons}")


class WrongReceiver(WorkflowError):
    code = "wrong_receiver"
    user_message = _("Choose another school: %(unit)s cannot receive this record.")

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(f"{unit} cannot receive")
