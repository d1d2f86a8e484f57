"""Addresses of the staff workspace. Wagtail puts its guard in front of every one."""

from __future__ import annotations

from django.urls import path

from . import (
    batches,
    calendar,
    classes,
    consents,
    editing,
    grid,
    home,
    imports,
    keys,
    late,
    lock_report,
    locking,
    ministry,
    notices,
    packet_runs,
    packets,
    printing,
    reassess,
    records,
    reminders,
    renewals,
    reviewing,
    searching,
    season,
    signing,
    subjects,
    transfers,
    unit_rows,
    units,
)

app_name = "staff"
urlpatterns = [
    path("role/", home.switch_role, name="switch-role"),
    path("classes/<int:class_id>/nudge/<slug:state>/", home.remind, name="nudge"),
    # Classes
    path("classes/", classes.ClassesView.as_view(), name="classes"),
    path("classes/<int:class_id>/", classes.ClassView.as_view(), name="class"),
    path("classes/<int:class_id>/cells/", grid.save, name="cells"),
    path("classes/<int:class_id>/phrases/", grid.phrases, name="phrases"),
    path("phrases/<int:phrase_id>/", grid.phrase, name="phrase"),
    path("classes/<int:class_id>/submit/", classes.submit_class, name="submit-class"),
    path("classes/<int:class_id>/review/", reviewing.review_class, name="review-class"),
    path(
        "classes/<int:class_id>/sign/",
        signing.SignView.as_view(),
        name="sign-class",
    ),
    path("sign/", signing.SignView.as_view(), name="sign-all"),
    path("classes/<int:class_id>/print/", printing.PrintView.as_view(), name="print"),
    path("subjects/", subjects.SubjectsView.as_view(), name="subjects"),
    path(
        "subjects/<int:class_id>/sign/",
        subjects.ConfirmView.as_view(),
        name="confirm-class",
    ),
    # One record
    path("records/<uuid:uuid>/", records.RecordView.as_view(), name="record"),
    path("records/<uuid:uuid>/form/", records.record_form, name="form"),
    path("records/<uuid:uuid>/file/", records.record_file, name="file"),
    path("records/<uuid:uuid>/verdict/", records.record_verdict, name="verdict"),
    path("records/<uuid:uuid>/edit/", editing.EditView.as_view(), name="edit"),
    path("records/<uuid:uuid>/submit/", editing.submit_one, name="submit"),
    path("records/<uuid:uuid>/review/", reviewing.ReviewView.as_view(), name="review"),
    path("records/<uuid:uuid>/return/", reviewing.send_back, name="return"),
    path(
        "records/<uuid:uuid>/return/reasons/",
        reviewing.return_reasons,
        name="return-reasons",
    ),
    path(
        "records/<uuid:uuid>/look/back/",
        reviewing.take_look_back,
        name="take-look-back",
    ),
    path("records/<uuid:uuid>/sign/", signing.SignView.as_view(), name="sign"),
    path("records/<uuid:uuid>/recall/", records.recall, name="recall"),
    path(
        "records/<uuid:uuid>/dispatch/",
        transfers.DispatchView.as_view(),
        name="dispatch",
    ),
    path("records/<uuid:uuid>/schools/", transfers.school_options, name="schools"),
    path("records/<uuid:uuid>/receive/", transfers.receive, name="receive"),
    path("records/<uuid:uuid>/withdraw/", transfers.withdraw, name="withdraw"),
    path(
        "records/<uuid:uuid>/dispatch-file/",
        packets.DispatchFileView.as_view(),
        name="dispatch-file",
    ),
    path("transfers/", transfers.TransfersView.as_view(), name="transfers"),
    # Work in the background
    path("batches/", batches.BatchesView.as_view(), name="batches"),
    path("batches/<uuid:uuid>/", batches.BatchView.as_view(), name="batch"),
    path(
        "batches/<uuid:uuid>/progress/", batches.batch_progress, name="batch-progress"
    ),
    path("batches/<uuid:uuid>/items/", batches.batch_items, name="batch-items"),
    path("batches/<uuid:uuid>/report/", batches.batch_report, name="batch-report"),
    path("batches/<uuid:uuid>/<str:act>/", batches.steer_batch, name="batch-steer"),
    # The holder of a key is asked
    path(
        "consents/<uuid:uuid>/answer/", consents.answer_consent, name="consent-answer"
    ),
    path(
        "consents/<uuid:uuid>/request/", consents.agent_request, name="consent-request"
    ),
    path(
        "consents/<uuid:uuid>/signatures/",
        consents.agent_answer,
        name="consent-signatures",
    ),
    # Keys
    path("key/", keys.KeyView.as_view(), name="key"),
    path("key/agent/", keys.register_agent, name="key-agent"),
    path("key/trial/", keys.trial_request, name="key-trial"),
    path("key/trial/answer/", keys.trial_answer, name="key-trial-answer"),
    path("key/<str:whose>/try/", keys.try_key, name="key-try"),
    path("seal/", keys.SealView.as_view(), name="seal"),
    # Department
    path("units/", units.own_unit, name="units"),
    path("units/<slug:code>/", units.UnitView.as_view(), name="unit"),
    path("units/<slug:code>/branch/", units.branch, name="branch"),
    path(
        "units/<slug:code>/branch/<int:class_id>/",
        units.class_branch,
        name="class-branch",
    ),
    path("units/<slug:code>/tree.xlsx", unit_rows.tree_workbook, name="tree-workbook"),
    path("units/<slug:code>/rows/", unit_rows.UnitRowsView.as_view(), name="unit-rows"),
    path(
        "units/<slug:code>/rows/<int:class_id>/",
        unit_rows.ClassRowsView.as_view(),
        name="class-rows",
    ),
    path("units/<slug:code>/season/", season.SeasonView.as_view(), name="season"),
    path("units/<slug:code>/remind/", reminders.RemindView.as_view(), name="remind"),
    path("units/<slug:code>/lock/", locking.LockView.as_view(), name="lock"),
    path(
        "units/<slug:code>/ministry/", ministry.MinistryView.as_view(), name="ministry"
    ),
    path("calendar/", calendar.own_calendar, name="own-calendar"),
    path("calendar/<slug:code>/", calendar.CalendarView.as_view(), name="calendar"),
    path(
        "units/<slug:code>/locks/<int:deadline_id>/",
        lock_report.LockReportView.as_view(),
        name="lock-report",
    ),
    # After the lock
    path("late/", late.LateView.as_view(), name="late"),
    path("late/<uuid:uuid>/", late.LateRequestView.as_view(), name="late-request"),
    path(
        "late/<slug:code>/<int:deadline_id>/",
        late.AskLateView.as_view(),
        name="ask-late",
    ),
    path(
        "records/<uuid:uuid>/reassess/",
        reassess.ReassessView.as_view(),
        name="reassess",
    ),
    # Registrar
    path("imports/", imports.ImportsView.as_view(), name="imports"),
    path("imports/<uuid:uuid>/", imports.ImportView.as_view(), name="import"),
    path("imports/<uuid:uuid>/mend/", imports.mend_cells, name="mend-import"),
    path("imports/<uuid:uuid>/undo/", imports.undo, name="undo-import"),
    path("imports/<uuid:uuid>/close/", imports.close_import, name="close-import"),
    # What people are told
    path("notices/", notices.NoticesView.as_view(), name="notices"),
    path("notices/seen/", notices.all_seen, name="notices-seen"),
    path("notices/mails/", notices.ChoicesView.as_view(), name="notice-choices"),
    path("notices/<int:pk>/", notices.open_notice, name="notice"),
    # The files' evidence
    path("renewals/", renewals.RenewalsView.as_view(), name="renewals"),
    path("renewals/<str:month>.csv", renewals.month_as_csv, name="renewals-csv"),
    # Packages
    path("packages/", packets.PacketsView.as_view(), name="packets"),
    path("packages/send/", packets.SendView.as_view(), name="packet-send"),
    path("packages/take/", packets.TakeView.as_view(), name="packet-take"),
    path(
        "packages/runs/<uuid:uuid>/",
        packet_runs.PacketRunView.as_view(),
        name="packet-run",
    ),
    path(
        "packages/runs/<uuid:uuid>/retry/",
        packet_runs.retry_run,
        name="packet-run-retry",
    ),
    path("packages/<int:pk>/", packets.PacketView.as_view(), name="packet"),
    path("packages/<int:pk>/file/", packets.packet_file, name="packet-file"),
    path("packages/<int:pk>/receipt/", packets.packet_receipt, name="packet-receipt"),
    path("packages/<int:pk>/deliver/", packets.deliver, name="packet-deliver"),
    # Archive
    path("search/", searching.SearchView.as_view(), name="search"),
]
