"""The department's calendar: dates, holidays, quiet hours, reminders, changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.errors import RecordsError
from documents.models import Role, Unit
from workflow.models import Deadline, Holiday, QuietHours, ReminderRule
from workflow.services.season import calendar

from .roles import StaffRequest
from .views import StaffView, require_role

OFFICER = (Role.OFFICER,)
CHANGES_SHOWN = 50


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class HourInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class ReasonForm(forms.Form):
    """Every change of the calendar is one act with one reason."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class DeadlineForm(ReasonForm):
    row = forms.IntegerField(widget=forms.HiddenInput)
    report_until = forms.DateField(
        label=gettext_lazy("schools report until"), widget=DayInput()
    )
    lock_on = forms.DateField(
        label=gettext_lazy("department locks on"), widget=DayInput()
    )


class HolidayForm(ReasonForm):
    day = forms.DateField(label=gettext_lazy("day"), widget=DayInput())
    name = forms.CharField(label=gettext_lazy("name"), max_length=120)
    works = forms.BooleanField(
        label=gettext_lazy("worked in exchange for another day"), required=False
    )


class RemovalForm(ReasonForm):
    day = forms.DateField(widget=forms.HiddenInput)


class QuietForm(ReasonForm):
    begins = forms.TimeField(label=gettext_lazy("quiet from"), widget=HourInput())
    ends = forms.TimeField(label=gettext_lazy("quiet until"), widget=HourInput())


class RuleForm(ReasonForm):
    row = forms.IntegerField(widget=forms.HiddenInput)
    is_active = forms.BooleanField(required=False)


def own_calendar(request: StaffRequest) -> HttpResponse:
    """To the calendar of the officer's own department."""
    require_role(request.user, OFFICER)
    units = [a.unit for a in request.user.standing if a.role == Role.OFFICER]
    own = next((u for u in units if calendar.may_change(request.user, u)), None)
    if own is None:
        raise Http404
    return redirect("staff:calendar", own.code)


class CalendarView(StaffView):
    """One page; each part has its own form, and each change needs its reason."""

    roles = OFFICER
    template_name = "cms/staff/calendar.html"
    page_title = gettext_lazy("Calendar")
    header_icon = "date"
    acts: ClassVar[dict[str, tuple[type[ReasonForm], str]]] = {
        "deadline": (DeadlineForm, "_move"),
        "holiday": (HolidayForm, "_enter"),
        "removal": (RemovalForm, "_remove"),
        "quiet": (QuietForm, "_hours"),
        "rule": (RuleForm, "_switch"),
    }

    @cached_property
    def unit(self) -> Unit:
        unit = get_object_or_404(Unit, code=self.kwargs["code"])
        if not calendar.may_change(self.request.user, unit):
            raise Http404
        return unit

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form_class, name = self.acts.get(request.POST.get("act", ""), (None, ""))
        if form_class is None:
            raise Http404
        form = form_class(request.POST)
        if not form.is_valid():
            return self._again(form)
        act: Callable[[dict[str, Any], calendar.Change], object] = getattr(self, name)
        change = calendar.Change(
            self.request.user, form.cleaned_data["reason"], timezone.now()
        )
        try:
            act(form.cleaned_data, change)
        except RecordsError as error:
            form.add_error(None, error.for_user())
            return self._again(form)
        messages.success(request, _("The calendar is changed."))
        return redirect("staff:calendar", self.unit.code)

    def _again(self, form: ReasonForm) -> HttpResponse:
        """What is wrong beside what was typed; the forms of one line only say it."""
        if isinstance(form, (RemovalForm, RuleForm)):
            self._complain(form)
            return redirect("staff:calendar", self.unit.code)
        return self.render_to_response(self.get_context_data(refused=form), status=422)

    def get_context_data(
        self, refused: ReasonForm | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        deadlines = Deadline.objects.filter(unit=self.unit).order_by(
            "-school_year", "lock_on"
        )
        hours = QuietHours.objects.filter(unit=self.unit).first()
        today = timezone.localdate()
        return super().get_context_data(
            unit=self.unit,
            deadlines=[(row, _deadline_form(row, refused)) for row in deadlines],
            holidays=Holiday.objects.filter(
                unit=self.unit, day__gte=today.replace(month=1, day=1)
            ),
            holiday_form=_or_refused(HolidayForm(auto_id="new_%s"), refused),
            quiet_form=_or_refused(
                QuietForm(initial=_initial(hours), auto_id="quiet_%s"), refused
            ),
            hours=hours,
            rules=ReminderRule.objects.filter(unit=self.unit),
            changes=self.unit.calendar_changes.select_related("by")[:CHANGES_SHOWN],
            **kwargs,
        )

    def _complain(self, form: forms.Form) -> None:
        for name, errors in form.errors.items():
            label = form.fields[name].label or name if name in form.fields else name
            messages.error(self.request, f"{label}: {' '.join(map(str, errors))}")

    def _move(self, data: dict[str, Any], change: calendar.Change) -> None:
        row = get_object_or_404(Deadline, pk=data["row"], unit=self.unit)
        calendar.change_deadline(
            deadline_id=row.pk,
            report_until=data["report_until"],
            lock_on=data["lock_on"],
            change=change,
        )

    def _enter(self, data: dict[str, Any], change: calendar.Change) -> None:
        calendar.set_holiday(
            unit=self.unit,
            day=data["day"],
            name=data["name"],
            works=data["works"],
            change=change,
        )

    def _remove(self, data: dict[str, Any], change: calendar.Change) -> None:
        calendar.remove_holiday(unit=self.unit, day=data["day"], change=change)

    def _hours(self, data: dict[str, Any], change: calendar.Change) -> None:
        calendar.set_quiet_hours(
            unit=self.unit, begins=data["begins"], ends=data["ends"], change=change
        )

    def _switch(self, data: dict[str, Any], change: calendar.Change) -> None:
        row = get_object_or_404(ReminderRule, pk=data["row"], unit=self.unit)
        calendar.switch_rule(rule_id=row.pk, is_active=data["is_active"], change=change)


def _deadline_form(row: Deadline, refused: ReasonForm | None) -> ReasonForm | None:
    """None for a lock that has been."""
    if row.locked_at is not None:
        return None
    initial = {"row": row.pk, "report_until": row.report_until, "lock_on": row.lock_on}
    form = DeadlineForm(initial=initial, auto_id=f"deadline{row.pk}_%s")
    is_this = refused is not None and refused.data.get("row") == str(row.pk)
    return _or_refused(form, refused) if is_this else form


def _or_refused(form: ReasonForm, refused: ReasonForm | None) -> ReasonForm:
    """The form as it was filled in, where it is this one, under the ids of the page."""
    if refused is None or type(refused) is not type(form):
        return form
    refused.auto_id = form.auto_id
    return refused


def _initial(hours: QuietHours | None) -> dict[str, Any]:
    return {"begins": hours.begins, "ends": hours.ends} if hours else {}
