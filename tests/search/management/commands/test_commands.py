import json

import pytest
from django.core.management import CommandError, call_command

from search.indexing import index_records


@pytest.fixture
def lan(archive):
    record = archive.add("Hoàng Lan", comment="Em chăm chỉ & ngoan.")
    index_records([record.pk])
    return record


def test_a_hit_is_one_line_and_the_count_goes_to_standard_error(lan, inspector, capsys):
    call_command("search_records", "chăm chỉ", "--as", "inspector")

    out, err = capsys.readouterr()
    assert out.rstrip("\n").split("\t") == [
        lan.book.lookup_code,
        "Hoàng Lan",
        "3B",
        "2025-2026",
        "Trường Tiểu học Mỹ Ngãi",
        str(lan.get_state_display()),
        "Em chăm chỉ & ngoan.",
    ]
    assert "1" in err


def test_json_is_one_document(lan, inspector, capsys):
    call_command("search_records", "lan", "--as", "inspector", "--json")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["total"], answer["capped"]) == (1, False)
    (hit,) = answer["hits"]
    assert hit["uuid"] == str(lan.uuid)
    assert (hit["name"], hit["state"]) == ("Hoàng Lan", "signed")
    assert answer["facets"]["class"] == [{"value": "3b", "label": "3B", "count": 1}]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_who_is_shown_words_of_a_comment_has_read_the_record_on_the_console_too(
    lan, inspector, form
):
    for typed in ("chăm chỉ", "chăm"):  # twice within the hour
        call_command("search_records", typed, "--as", "inspector", *form)

    [line] = lan.reads.all()
    assert (line.user, line.access) == (inspector, "view")


def test_who_is_shown_a_name_alone_on_the_console_has_read_nothing(lan, inspector):
    call_command("search_records", "lan", "--as", "inspector")

    assert not lan.reads.exists()


def test_a_query_may_begin_like_an_option(lan, inspector, capsys):
    call_command("search_records", "--as", "inspector", "--", "--lan")

    assert "Hoàng Lan" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--as", "nobody"], ["--as", "inspector", "--limit", "0"]]
)
def test_wrong_use_ends_with_2(inspector, arguments):
    with pytest.raises(CommandError) as caught:
        call_command("search_records", "lan", *arguments)

    assert caught.value.returncode == 2


def test_rebuilding_says_what_it_did(archive, capsys):
    archive.add("Lan")

    call_command("rebuild_index", "--json")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["records"], answer["differences"]) == (1, [])


def test_rebuilding_is_quiet_on_request(archive, capsys):
    call_command("rebuild_index", verbosity=0)

    assert capsys.readouterr().err == ""
