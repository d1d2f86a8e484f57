"""A form for the content of a record, built from the fields that its kind names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from documents.kinds import Finding
from documents.kinds.fields import Field, FieldGroup, FieldType

DATE_FORMATS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")
NOTHING = ("", "–")
YES_NO = (NOTHING, ("yes", _("yes")), ("no", _("no")))


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").splitlines()
        return [line.strip() for line in lines if line.strip()]


class YesNoField(forms.TypedChoiceField):
    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)


class NumberField(forms.CharField):
    """A number written with comma or point; a whole one stays whole."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int | float):
            return f"{value:.10g}".replace(".", ",")
        return value

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").replace(",", ".")
        if not text:
            return None
        try:
            number = float(text)
            return int(number) if number == int(number) else number
        except (ValueError, OverflowError):
            raise forms.ValidationError(_("Write a number."), "invalid") from None


def form_field(field: Field) -> forms.Field:
    """What a person fills in for one value of the content."""
    made = _MAKERS[field.type](field)
    made.label, made.required = field.full_label, False
    if field.low is not None:
        made.validators.append(MinValueValidator(field.low))
    if field.high is not None:
        made.validators.append(MaxValueValidator(field.high))
    if field.column:
        # The visible labels are the row's and the column's.
        made.widget.attrs["aria-label"] = field.full_label
    return made


def _choice(field: Field) -> forms.Field:
    values = dict(field.choices)
    choices = field.choices if 0 in values else (NOTHING, *field.choices)
    by_text = {str(value): value for value in values}
    return forms.TypedChoiceField(
        choices=choices, coerce=lambda text: by_text[text], empty_value=None
    )


def _yes_no(_field: Field) -> forms.Field:
    return YesNoField(
        choices=YES_NO, coerce=lambda value: value == "yes", empty_value=None
    )


def _number(_field: Field) -> forms.Field:
    return NumberField(widget=forms.TextInput(attrs={"inputmode": "decimal"}))


def _text(field: Field) -> forms.Field:
    return forms.CharField(max_length=field.max_length)


def _long_text(field: Field) -> forms.Field:
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(max_length=field.max_length, widget=widget)


def _date(_field: Field) -> forms.Field:
    widget = forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric"})
    return forms.DateField(
        input_formats=DATE_FORMATS, widget=widget, help_text=_("day/month/year")
    )


def _lines(_field: Field) -> forms.Field:
    return LinesField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("One on each line.")
    )


_MAKERS: dict[FieldType, Callable[[Field], forms.Field]] = {
    FieldType.CHOICE: _choice,
    FieldType.YES_NO: _yes_no,
    FieldType.INTEGER: _number,
    FieldType.DECIMAL: _number,
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _long_text,
    FieldType.DATE: _date,
    FieldType.LINES: _lines,
}


@dataclass(frozen=True)
class Cell:
    """One control with what the checks say of its value, or a value to read only.

    ``theirs`` is the value that somebody else saved meanwhile, as people read it,
    ``first`` the one that stands already, of a pupil who is assessed again.
    """

    bound: forms.BoundField | None
    column: str
    findings: list[Finding]
    theirs: str | None = None
    first: str = ""


@dataclass(frozen=True)
class EditGroup:
    """One block of the form: a table of rows, or one control below the other."""

    code: str
    label: str
    columns: tuple[str, ...]
    rows: list[tuple[str, list[Cell | None]]]
    folded: bool = False


class ContentForm(forms.Form):
    """The editable fields of one content; ``changes`` is what was typed anew."""

    base = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, content: Any, groups: list[FieldGroup], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.content = content
        self.groups = groups
        self.described = [f for g in groups for f in g.fields if f.editable]
        for field in self.described:
            self.fields[field.path] = form_field(field)
            self.initial.setdefault(field.path, field.value(content))

    def changes(self) -> dict[str, Any]:
        """Path and new value of what is not as in ``content``. Call it when valid."""
        return {
            field.path: self.cleaned_data[field.path]
            for field in self.described
            if _plain(self.cleaned_data[field.path])
            != _plain(field.value(self.content))
        }

    def layout(
        self, findings: Iterable[Finding] = (), theirs: dict[str, str] | None = None
    ) -> list[EditGroup]:
        """The controls in the groups of the form, each with its findings."""
        beside = self.beside(findings)
        return [self._group(group, beside, theirs or {}) for group in self.groups]

    def _first(self, field: Field) -> str:
        first = {f.path: f for g in self.groups for f in g.fields}.get(field.beside)
        return first.text(self.content) if first else ""

    def beside(self, findings: Iterable[Finding]) -> dict[str, list[Finding]]:
        """Findings by the field that they stand at; "" for those of the whole."""
        places: dict[str, list[Finding]] = {}
        for finding in findings:
            places.setdefault(self._place(finding.path), []).append(finding)
        return places

    def _place(self, path: str) -> str:
        while path and path not in self.fields:
            path = path.rpartition(".")[0]
        return path

    def _group(
        self,
        group: FieldGroup,
        beside: dict[str, list[Finding]],
        theirs: dict[str, str],
    ) -> EditGroup:
        def cell(field: Field | None) -> Cell | None:
            if field is None:
                return None
            path = field.path
            if path not in self.fields:
                return Cell(None, field.column, [], first=field.text(self.content))
            found = beside.get(path, [])
            first = "" if field.column else self._first(field)
            return Cell(self[path], field.column, found, theirs.get(path), first)

        if group.columns:
            rows = [
                (label, [cell(row.get(column)) for column in group.columns])
                for label, row in group.rows().items()
            ]
        else:
            fields = [f for f in group.fields if f.editable]
            rows = [(str(f.label), [cell(f)]) for f in fields]
        has_findings = any(
            c and c.bound and (c.findings or c.bound.errors) for _, r in rows for c in r
        )
        folded = group.in_background and not has_findings
        return EditGroup(group.code, str(group.label), group.columns, rows, folded)


def _plain(value: Any) -> Any:
    """Nothing said is nothing said, however it is written."""
    if isinstance(value, list | tuple):
        return list(value)
    return None if value == "" else value
