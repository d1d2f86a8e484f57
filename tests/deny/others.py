"""Services that name a person and need no right of their own, each with the reason.

Together with ``acts.ACTS`` they are all services that take one.
"""

from __future__ import annotations

# They say what somebody may see or do, or what is their own; nothing is done.
QUESTIONS = {
    "documents.machine": ("permitted", "steps_for"),
    "documents.models.records": (
        "class_teacher",
        "custodian_registrar",
        "department_officer",
        "issuing_head",
        "receiving_registrar",
        "row_teacher",
        "step",
    ),
    "workflow.services.comments": ("bank_of",),
    "workflow.services.confirming": ("within_reach",),
    "workflow.services.editing": (
        "editable_parts",
        "in_grid_of",
        "may_edit",
        "shown_parts",
        "taught_parts",
    ),
    "workflow.services.exchange.dispatching": ("unanswered",),
    "workflow.services.exchange.starting": ("office_of",),
    "workflow.services.keys.credentials": ("credential_of", "signer_of"),
    "workflow.services.keys.registering": ("may_change",),
    "workflow.services.notices": ("preference_of", "unseen"),
    "workflow.services.season.calendar": ("may_change",),
    "workflow.services.season.late": (
        "could_ask",
        "may_ask",
        "may_decide",
        "open_requests",
    ),
    "workflow.services.season.waiting": ("batches_waiting", "figures"),
    "workflow.services.signing_off": ("key_of", "may_click"),
    "workflow.services.steps": ("rows_visible_to",),
}
# They are the check itself, which the acts go through.
CHECKS = {
    "workflow.services.exchange.ministry": ("require_reporter",),
    "workflow.services.exchange.receipts": ("require_office",),
    "workflow.services.exchange.receiving": ("require_office",),
    "workflow.services.exchange.sending": ("require_registrar",),
    "workflow.services.many": ("claim_many",),
    "workflow.services.steps": ("check", "claim", "lock_row", "look"),
}
# The person is the owner of the key, or the one who is told.
OWN = {
    "workflow.services.keys.canary": ("sign_and_judge",),
    "workflow.services.keys.credentials": (
        "check_before_signing",
        "checked",
        "provider_of",
    ),
    "workflow.services.keys.registering": (
        "register_agent_key",
        "take_trial",
        "trial_request",
    ),
    "workflow.services.notices": ("notify",),
    "workflow.services.signing": ("signer",),
}
# They claim the record themselves, on the way of an act above.
ON_THE_WAY = {
    "workflow.services.exchange.dispatching": ("release",),
    "workflow.services.signing": ("enter",),
    "workflow.services.submitting": ("enter_submission",),
}
# An act that holds the lock and has checked writes down by whom; so their docstrings.
WRITTEN_DOWN = {
    "documents.importing.committing": ("write_plan",),
    "documents.ledger": ("append", "append_many"),
    "documents.reading": ("log_reads",),
    "documents.versions": ("add_version", "add_versions"),
    # Only what ``by`` sees becomes a version, of whoever typed it.
    "workflow.services.drafts": ("settle_class",),
    "workflow.services.exchange.arrivals": (
        "close_dispatch",
        "move",
        "settle_known",
        "take_in",
    ),
    "workflow.services.exchange.recalls": ("hear", "note_told"),
    "workflow.services.exchange.receipts": ("enter_outcomes",),
    "workflow.services.exchange.receiving": ("outcomes", "settle", "write"),
    "workflow.services.recalling": ("take_back",),
    "workflow.services.steps": ("conclude", "conclude_many"),
    "workflow.services.transferring": (
        "hand_over",
        "let_go",
        "settle_transfer",
        "take_back",
    ),
}
# Tasks of the clock act for nobody.
OF_THE_CLOCK = {
    "check_phone",
    "count_ledgers",
    "lock_what_is_due",
    "mail_notices",
    "reconcile",
    "rehash_files",
    "remind_people",
    "renew_what_is_due",
    "run_calendar",
    "seal_chains",
    "settle_what_is_quiet",
    "try_signing",
    "warn_of_certificates",
}
