"""Packets signed by somebody without the right, or at another time than it says."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from documents.exchange.reading import open_record
from documents.exchange.trees import DS, to_bytes
from tests.attacks.packet_forging import YEAR, Tree, attacked, find, person, seal
from tests.documents.exchange.packets import (
    OTHER,
    packet,
)
from tests.workflow.signing.material import (
    NOW,
    Desk,
    set_up_desk,
)
from tests.workflow.signing.packets import (
    SLOTS,
    issued,
    provider_of,
    sign,
    signed_by_teachers,
)
from workflow.signing.profiles import Profile
from workflow.signing.timestamps import DevelopmentTimeStamper
from workflow.signing.xades import finish, prepare
from workflow.verification.xml import verify_xml

SIGNERS: dict[str, tuple[str, Callable[[Desk], Any], str]] = {
    "the seal of another school": ("KY_PHAT_HANH", seal, "wrong_school"),
    "a person's key as the seal": ("KY_PHAT_HANH", person, "wrong_school"),
    "another person": (
        "CBQL",
        lambda desk: person(desk, personal_number="087180009999"),
        "wrong_signer",
    ),
    "an expired certificate": (
        "CBQL",
        lambda desk: person(
            desk,
            profile=Profile(valid_from=NOW - YEAR, valid_until=NOW - timedelta(days=1)),
        ),
        "certificate_expired",
    ),
    "a certificate of tomorrow": (
        "CBQL",
        lambda desk: person(desk, profile=Profile(valid_from=NOW + YEAR)),
        "certificate_not_yet_valid",
    ),
    "a revoked certificate": (
        "CBQL",
        lambda desk: person(desk, profile=Profile(revoked_at=NOW - timedelta(hours=1))),
        "certificate_revoked",
    ),
    "a certificate of a web server": (
        "CBQL",
        lambda desk: person(desk, profile=Profile.web_server()),
        "certificate_not_for_signing",
    ),
    "an authority's certificate": (
        "CBQL",
        lambda desk: person(desk, profile=Profile.authority()),
        "certificate_is_authority",
    ),
}


@pytest.mark.parametrize("who", SIGNERS)
def test_a_signer_without_the_right_is_named(desk, who: str):
    slot, provider, reason = SIGNERS[who]
    made = signed_by_teachers(desk)
    sign(desk, made, slot, provider=provider(desk))
    sign(desk, made, "KY_PHAT_HANH" if slot == "CBQL" else "CBQL")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.verdict == "unknown"
    assert reason in report.reasons


def test_the_right_person_of_a_stranger_authority_is_not_trusted(desk, tmp_path):
    stranger = set_up_desk(tmp_path)
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", provider=provider_of(stranger.head))
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("certificate_not_trusted",)


def test_a_time_stamp_by_a_stranger_is_not_trusted(desk, tmp_path):
    stranger = set_up_desk(tmp_path)
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", timestamper=stranger.timestamper)
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("timestamp_not_trusted",)


def test_a_time_that_the_stamp_contradicts_is_named(desk):
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", at=NOW - timedelta(days=90))
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("time_contradicted",)


def test_a_stamp_of_a_time_to_come_proves_nothing(desk):
    tomorrow = DevelopmentTimeStamper(desk.ca, lambda: NOW + timedelta(days=1))
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", timestamper=tomorrow, at=NOW + timedelta(days=1))
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert "time_contradicted" in report.reasons


def test_a_teacher_may_not_sign_for_another_subject(desk):
    other = person(desk, personal_number="087180001111", office="Giáo viên")
    made = packet()
    sign(desk, made, "GVBM", provider=other, parts=tuple(made.parts()))
    for slot in ("GVCN", "CBQL", "KY_PHAT_HANH"):
        sign(desk, made, slot)

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("wrong_signer",)


def test_a_signature_of_another_record_does_not_fit(desk, original, verdict):
    stranger = issued(desk, packet(record=OTHER))
    theirs = find(stranger.places.root, f"CBQL/{DS}Signature")

    def attack(root: Tree) -> None:
        find(root, "CBQL")[:] = [deepcopy(theirs)]

    found, reasons = verdict(attacked(original, attack))

    assert (found, "reference_moved" in reasons) == ("altered", True)


def test_a_subject_is_signed_by_one_teacher_only(desk):
    made = packet()
    twice = prepare(
        made.target("GVBM", ["math"]),
        certificate=provider_of(desk.head).describe(),
        mechanism=provider_of(desk.head).mechanism,
        at=NOW,
    )
    everything = tuple(made.parts())
    sign(desk, made, "GVBM", parts=everything)
    (value,) = provider_of(desk.head).sign(
        [twice.digest], provider_of(desk.head).authorise([twice.digest])
    )
    second = etree.fromstring(finish(twice, value, timestamper=None))
    holder = find(made.places.root, "DANH_SACH_GVBM")
    etree.SubElement(holder, "GVBM").append(second)
    made = open_record(to_bytes(made.places.root))
    for slot in ("GVCN", "CBQL", "KY_PHAT_HANH"):
        sign(desk, made, slot)

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("signature_repeated",)
