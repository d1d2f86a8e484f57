"""The officer's tree: by counts and days, in place down to whose queue it is."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from documents.models import Role, State
from tests import factories
from tests.actors import bring_to

from .conftest import fill, to

# The frame of Wagtail asks nine; the tree itself has one query over the records.
TREE_QUERIES = 17


def counts(row):
    return [cell.count for cell in row.cells]


def test_the_officer_begins_at_the_own_unit(sign_in, officer):
    assert sign_in(officer).get(to("units")).url == to("unit", "dong-thap")


def test_a_unit_counts_everything_below_it(
    sign_in, officer, school_class, reviewed_record, other_school
):
    fill(factories.make_class(other_school, "1A"), 2)

    page = sign_in(officer).get(to("unit", "dong-thap"))

    [row] = page.context["rows"]
    assert (row.name, counts(row)) == ("UBND phường Mỹ Ngãi", [2, 1, 0, 0])
    assert counts(page.context["total"]) == counts(row)


def test_what_was_handed_over_counts_as_locked(
    sign_in, officer, units, school_class, draft_record
):
    bring_to(draft_record, "transferred", units)

    page = sign_in(officer).get(to("unit", "my-ngai-xa"))

    assert counts(page.context["total"]) == [0, 0, 0, 1]


def test_a_line_opens_down_to_whose_queue_it_is(
    sign_in, officer, school_class, draft_record, teacher
):
    client = sign_in(officer)
    [top] = client.get(to("unit", "dong-thap")).context["rows"]

    schools = client.get(top.branch).context["rows"]
    [school] = [row for row in schools if row.total]
    [own_class] = client.get(school.branch).context["rows"]
    [queue] = client.get(own_class.branch).context["rows"]

    assert [school.level, own_class.level, queue.level] == [2, 3, 4]
    assert own_class.name == "Class 3B"
    assert (queue.name, counts(queue)) == (str(teacher), [1, 0, 0, 0])


def test_the_line_at_risk_comes_first_and_alone_if_wanted(
    sign_in, officer, deadline, school_class, other_school, units
):
    for record in fill(factories.make_class(other_school, "1A"), 2):
        bring_to(record, "signed", units)
    fill(school_class, 40)
    client = sign_in(officer)

    page = client.get(to("unit", "my-ngai-xa"))
    only = client.get(to("unit", "my-ngai-xa", risk="1"))

    assert [row.name for row in page.context["rows"]] == [
        "Trường Tiểu học Mỹ Ngãi",
        "Trường Tiểu học Hoà Thuận",
    ]
    first, last = page.context["rows"]
    assert (first.at_risk, last.at_risk) == (1, 0)
    assert first.finish.startswith("⚠")
    assert "class 3B, 40 not submitted" in first.held_up
    assert last.finish == "✔ all signed"
    assert [row.name for row in only.context["rows"]] == [first.name]
    assert "1 of 2 schools" in page.content.decode()


@pytest.mark.parametrize("code", ["dong-thap", "my-ngai-xa", "my-ngai"])
@pytest.mark.parametrize("page", ["unit", "branch", "unit-rows", "season"])
def test_no_pupil_and_no_result_stands_in_the_tree(
    sign_in, officer, deadline, signed_record, code, page
):
    text = sign_in(officer).get(to(page, code)).content.decode()

    assert signed_record.book.pupil.name not in text
    assert "Hoàn thành xuất sắc" not in text


def test_a_number_leads_to_exactly_the_rows_that_it_counts(
    sign_in, officer, units, school_class, draft_record, other_school
):
    bring_to(fill(school_class, 1)[0], "signed", units)
    fill(factories.make_class(other_school, "1A"), 3)
    client = sign_in(officer)
    total = client.get(to("unit", "dong-thap")).context["total"]

    for cell in total.cells:
        if cell.count:
            rows = client.get(cell.url)
            lots = rows.context["lots"]
            assert rows.context["total"] == cell.count, cell.label
            listed = [len(client.get(lot.url).context["rows"]) for lot in lots]
            assert listed == [lot.count for lot in lots]


def test_a_row_says_whose_turn_it_is(
    sign_in, officer, units, teacher, head, school_class, draft_record
):
    bring_to(fill(school_class, 1)[0], "reviewed", units)

    lots = sign_in(officer).get(to("unit-rows", "my-ngai")).context["lots"]

    assert {(lot.state, lot.waits_for) for lot in lots} == {
        (State.DRAFT, str(teacher)),
        (State.REVIEWED, str(head)),
    }


def test_the_queues_counts_lead_to_rows_of_every_year(
    sign_in, officer, school_class, draft_record
):
    fill(factories.make_class(school_class.school, "2A", "2024-2025"), 1)
    client = sign_in(officer)

    rows = client.get(to("unit", "dong-thap", state="draft"), follow=True)

    assert rows.context["total"] == 2
    assert [lot.year for lot in rows.context["lots"]] == ["2025-2026", "2024-2025"]


def test_a_state_that_is_none_is_not_there(sign_in, officer, draft_record):
    assert (
        sign_in(officer).get(to("unit-rows", "my-ngai", state="x")).status_code == 404
    )


def test_the_tree_and_its_rows_go_into_workbooks(
    sign_in, officer, deadline, school_class, draft_record
):
    client = sign_in(officer)

    tree = client.get(to("tree-workbook", "dong-thap"))
    rows = client.get(to("unit-rows", "dong-thap", state="draft", format="xlsx"))

    book = load_workbook(io.BytesIO(tree.content))
    assert book.sheetnames == ["Sở GDĐT dong-thap", "Schools"]
    schools = list(book["Schools"].values)
    assert [line[:5] for line in schools[1:] if line[1]] == [
        ("Trường Tiểu học Mỹ Ngãi", 1, 0, 0, 0)
    ]
    [_head, line] = load_workbook(io.BytesIO(rows.content)).active.values
    assert line[:2] == ("Trường Tiểu học Mỹ Ngãi", "3B")
    assert draft_record.book.pupil.name not in str(list(book["Schools"].values))


# -- The season ----------------------------------------------------------------------


def test_the_chart_has_its_words_beside_it(sign_in, officer, deadline, draft_record):
    page = sign_in(officer).get(to("season", "dong-thap"))

    text = page.content.decode()
    assert page.context["season"].left == 1
    assert 'role="img"' in text
    assert "<title id=" in text
    assert "The same as a table" in text


def test_the_chart_can_be_taken_along(sign_in, officer, deadline, draft_record):
    client = sign_in(officer)

    picture = client.get(to("season", "dong-thap", format="svg"))
    days = client.get(to("season", "dong-thap", format="xlsx"))

    assert picture["Content-Type"] == "image/svg+xml"
    assert "attachment" in picture["Content-Disposition"]
    assert picture.content.startswith(b"<svg")
    head, *lines = load_workbook(io.BytesIO(days.content)).active.values
    assert head == ("Day", "Signed", "Needed")
    assert len(lines) == 30


def test_without_a_date_the_season_says_so(sign_in, officer, draft_record):
    client = sign_in(officer)

    assert "There is no date" in client.get(to("season", "my-ngai")).content.decode()
    assert client.get(to("season", "my-ngai", format="svg")).status_code == 404


# -- Who may not ---------------------------------------------------------------------


def addresses(school_class):
    """Every address of the tree, for one school."""
    code = school_class.school.code
    plain = ("unit", "branch", "tree-workbook", "unit-rows", "season", "remind")
    return [
        *(to(name, code) for name in plain),
        to("class-branch", code, school_class.pk),
        to("class-rows", code, school_class.pk),
    ]


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "inspector", "admin_user"]
)
def test_the_tree_is_the_officers(request, sign_in, draft_record, school_class, role):
    client = sign_in(request.getfixturevalue(role))

    for url in (to("units"), *addresses(school_class)):
        assert client.get(url).url == "/admin/", url


def test_another_province_is_not_there(
    sign_in, staff_of_elsewhere, draft_record, school_class
):
    client = sign_in(staff_of_elsewhere["officer"])

    for url in addresses(school_class):
        assert client.get(url).status_code == 404, url
    for code in ("dong-thap", "bo"):
        assert client.get(to("unit", code)).status_code == 404


def test_a_class_of_another_school_is_not_below_this_one(
    sign_in, officer, draft_record, other_school
):
    elsewhere = factories.make_class(other_school, "1A")
    client = sign_in(officer)

    for name in ("class-branch", "class-rows"):
        assert client.get(to(name, "my-ngai", elsewhere.pk)).status_code == 404


def test_an_officer_of_the_commune_watches_and_does_not_lock(
    sign_in, units, signed_record
):
    officer = factories.make_user("commune", Role.OFFICER, units["commune"])
    client = sign_in(officer)

    page = client.get(to("unit", "my-ngai"))

    assert page.status_code == 200
    assert to("lock", "my-ngai") not in page.content.decode()
    queue = client.get("/admin/").content.decode()
    assert "waiting for the department" in queue
    assert "ready to be locked" not in queue


# -- What it costs -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "most"),
    [("unit", TREE_QUERIES), ("branch", 12), ("unit-rows", 17), ("season", 17)],
)
def test_a_page_asks_as_much_for_many_schools_as_for_few(
    sign_in, queries_of, officer, units, deadline, school_class, name, most
):
    client = sign_in(officer)
    url = to(name, "my-ngai-xa")
    fill(school_class, 3)
    client.get(url)
    few = queries_of(client, url)
    for number in range(12):
        school = factories._child(
            units["commune"], f"s-{number}", "school", f"Trường {number}", "Xã"
        )
        fill(factories.make_class(school), 1)

    many = queries_of(client, url)

    assert many == few <= most
