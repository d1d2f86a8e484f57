"""Who may import, for which unit and which school year."""

from __future__ import annotations

import pytest

from documents.importing.errors import (
    NotAllowedToImport,
    SchoolYearIsWrong,
    UnitIsNoSchool,
)
from documents.importing.runs import commit_import, discard_import
from documents.models import ImportRun
from tests import factories

from .books import class_files
from .runs import LATER, counts, plan, written


@pytest.mark.parametrize("role", ["head", "officer", "inspector"])
def test_only_registrars_and_class_teachers_import(school, units, role):
    unit = school if role == "head" else units["dong-thap"]
    user = factories.make_user("u", role, unit)

    with pytest.raises(NotAllowedToImport):
        plan(school, by=user)

    assert not ImportRun.objects.exists()


def test_the_registrar_of_another_school_does_not_import(school, registrar2, registrar):
    run = plan(school, by=registrar)

    with pytest.raises(NotAllowedToImport):
        plan(school, by=registrar2)
    with pytest.raises(NotAllowedToImport):
        commit_import(run_id=run.pk, by=registrar2, at=LATER)

    assert written() == [0] * 6


def test_a_class_teacher_imports_the_own_class_and_no_other(school, teacher):
    assert counts(plan(school, by=teacher)) == {"new": 6}

    with pytest.raises(NotAllowedToImport):
        plan(school, class_files(name="4B"), by=teacher)


def test_a_class_teacher_throws_no_dry_run_of_another_class_away(
    school, registrar, teacher
):
    run = plan(school, class_files(name="4B"), by=registrar)

    with pytest.raises(NotAllowedToImport):
        discard_import(run_id=run.pk, by=teacher, at=LATER)

    run.refresh_from_db()
    assert run.status == "planned"


@pytest.mark.parametrize("year", ["2025", "2025-2027", "2025/2026", ""])
def test_a_school_year_that_is_none_is_refused(school, year):
    with pytest.raises(SchoolYearIsWrong):
        plan(school, year=year)


def test_only_a_school_imports(units):
    with pytest.raises(UnitIsNoSchool):
        plan(units["dong-thap"])
