from __future__ import annotations

import hashlib

from documents.canonical import canonical_json, content_digest, digest_of
from documents.kinds.primary_year import PrimaryYear, Pupil, School, SubjectMark


def sheet(**more: object) -> PrimaryYear:
    return PrimaryYear(
        school=School(code="my-ngai", name="Trường Tiểu học Mỹ Ngãi"),
        school_year="2025-2026",
        class_name="3B",
        grade=3,
        pupil=Pupil(code="7412345678", name="Nguyễn Thị Hoà", birth_date="2017-05-01"),
        **more,
    )


def test_keys_are_sorted_and_nothing_stands_between():
    value = {"b": 1, "a": {"d": [True, None], "c": "ằ"}}

    assert canonical_json(value) == '{"a":{"c":"ằ","d":[true,null]},"b":1}'.encode()


def test_numbers_are_written_as_rfc_8785_says():
    # The examples of RFC 8785, appendix B.
    value = {"n": [1.0, 1e21, 0.000001, 1e-7, 333333333.33333329]}

    assert canonical_json(value) == (b'{"n":[1,1e+21,0.000001,1e-7,333333333.3333333]}')


def test_the_order_of_writing_does_not_matter():
    one = {"toan": SubjectMark(level="T", score=9), "am_nhac": SubjectMark(level="H")}
    two = dict(reversed(one.items()))

    assert canonical_json(sheet(subjects=one)) == canonical_json(sheet(subjects=two))


def test_a_content_survives_the_way_to_bytes_and_back():
    content = sheet(subjects={"toan": SubjectMark(level="T", score=9)}, height_cm=130)

    data = canonical_json(content)

    assert PrimaryYear.model_validate_json(data) == content
    assert b'"birth_date":"2017-05-01"' in data


def test_the_digest_names_the_kind_and_the_format():
    data = canonical_json({"a": 1})

    digest = content_digest("primary_year", 1, data)

    assert digest == hashlib.sha256(b'hocba/primary_year/1\n{"a":1}').hexdigest()
    assert digest != content_digest("primary_year", 2, data)
    assert digest != content_digest("directive", 1, data)


def test_digest_of_is_that_of_the_canonical_bytes():
    assert digest_of({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()
