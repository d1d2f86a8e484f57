"""Attacks on packages and receipts, as files alone."""

from __future__ import annotations

from copy import deepcopy

import pytest

from documents.exchange.faults import Fault
from documents.exchange.packages import Package
from documents.exchange.receipts import Receipt
from documents.exchange.records import RecordPacket
from tests.attacks.packet_forging import (
    Attack,
    Tree,
    another_package,
    attacked,
    beside,
    better_mark,
    find,
    seal,
    without,
    without_ids,
)
from tests.documents.exchange.packets import (
    LINES,
    OTHER,
    package_header,
    packet,
    receipt_header,
)
from tests.workflow.signing.material import (
    NOW,
)
from tests.workflow.signing.packets import (
    SLOTS,
    issued,
    package_of_two,
    sealed,
)
from workflow.verification.reasons import SENTENCES, Reason
from workflow.verification.xml import verify_package, verify_receipt


@pytest.fixture(scope="module")
def package(desk) -> bytes:
    return package_of_two(desk).to_bytes()


def remove_record(root: Tree) -> None:
    find(root, "DANH_SACH_HOC_BA").remove(find(root, "HOC_BA"))
    find(root, "SO_LUONG").text = "1"


def add_record(root: Tree) -> None:
    copy = deepcopy(find(root, "HOC_BA"))
    without_ids(copy)
    find(root, "DANH_SACH_HOC_BA").append(copy)
    find(root, "SO_LUONG").text = "3"


def repeat_record(root: Tree) -> None:
    find(root, "DANH_SACH_HOC_BA").append(deepcopy(find(root, "HOC_BA")))


def record_outside(root: Tree) -> None:
    root.append(find(root, "HOC_BA"))


def to_another(root: Tree) -> None:
    find(root, "MA_DON_VI_NHAN").text = "can-tho"


def sender_unsigned(root: Tree) -> None:
    root.remove(find(root, "KY_GOI"))


PACKAGES: dict[str, tuple[Attack, str]] = {
    "a record removed": (remove_record, "bytes_changed"),
    "a record added": (add_record, "bytes_changed"),
    "a record twice": (repeat_record, "id_duplicated"),
    "a record outside": (record_outside, "data_out_of_place"),
    "to another receiver": (to_another, "bytes_changed"),
    "another number": (another_package, "another_record"),
    "a wrong count": (lambda root: root.find(".//HOC_BA").clear(), "packet_invalid"),
    "nobody's": (sender_unsigned, "not_signed"),
    "something beside": (beside("."), "unsigned_element"),
    "a mark in a record": (better_mark, "bytes_changed"),
}


@pytest.mark.parametrize("what", PACKAGES)
def test_a_mangled_package_is_called_what_it_is(desk, package, what: str):
    attack, reason = PACKAGES[what]

    report = verify_package(attacked(package, attack), desk.trust, NOW, slots=SLOTS)
    untouched = verify_package(package, desk.trust, NOW, slots=SLOTS)

    assert not report.is_authentic
    assert reason in report.reasons
    assert report.records == ()
    assert untouched.is_authentic


def test_the_package_of_another_sender_is_named(desk):
    package = Package.write(package_header(), [issued(desk)])

    report = verify_package(
        sealed(desk, package, seal(desk)).to_bytes(), desk.trust, NOW, slots=SLOTS
    )

    assert report.reasons == ("wrong_school",)


def test_a_bad_record_in_a_good_package_is_named_by_itself(desk):
    mangled = RecordPacket.write(*unsigned())
    package = Package.write(package_header(count=2), [issued(desk), mangled])

    report = verify_package(
        sealed(desk, package).to_bytes(), desk.trust, NOW, slots=SLOTS
    )

    assert report.verdict == "authentic"
    assert [one.verdict for one in report.records] == ["authentic", "unknown"]
    assert report.records[1].reasons == ("not_signed",)
    assert not report.is_authentic


def unsigned():
    made = packet(record=OTHER)
    return made.header, made.content


# -- Receipts ----------------------------------------------------------------------


def refused_line(root: Tree) -> None:
    find(root, "DA_NHAN").text = "false"


def more_lines(root: Tree) -> None:
    find(root, "DANH_SACH_KET_QUA").append(deepcopy(find(root, "KET_QUA")))


RECEIPTS: dict[str, tuple[Attack, str]] = {
    "a refusal made of an acceptance": (refused_line, "bytes_changed"),
    "a line twice": (more_lines, "bytes_changed"),
    "for another package": (another_package, "bytes_changed"),
    "something beside": (beside("."), "unsigned_element"),
    "nobody's": (without("KY_BIEN_NHAN"), "not_signed"),
}


@pytest.mark.parametrize("what", RECEIPTS)
def test_a_mangled_receipt_is_called_what_it_is(desk, what: str):
    attack, reason = RECEIPTS[what]
    data = sealed(desk, Receipt.write(receipt_header(), LINES)).to_bytes()

    report = verify_receipt(attacked(data, attack), desk.trust, NOW)
    untouched = verify_receipt(data, desk.trust, NOW)

    assert report.reasons == (reason,)
    assert (report.header, report.lines) == (None, ())
    assert (untouched.verdict, untouched.lines) == ("authentic", LINES)


def test_the_receipt_of_another_receiver_is_named(desk):
    receipt = sealed(desk, Receipt.write(receipt_header(), LINES), seal(desk))

    report = verify_receipt(receipt.to_bytes(), desk.trust, NOW)

    assert report.reasons == ("wrong_school",)


def test_every_fault_of_a_packet_has_a_sentence():
    reasons = [Reason(fault.value) for fault in Fault]

    assert all(str(SENTENCES[reason]) for reason in reasons)


def test_every_reason_of_the_verifier_has_a_sentence_and_no_other_has():
    assert set(SENTENCES) == {reason.value for reason in Reason}
    assert all(str(sentence) for sentence in SENTENCES.values())
