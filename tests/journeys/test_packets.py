"""Packages between two installations: own folders, databases, keys and trust."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.installation import Installation

pytestmark = pytest.mark.journey

CLASS_3B = ("--unit", "my-ngai", "--year", "2025-2026", "--class", "3B")
DEPARTMENT, FAR = "so-gddt-dong-thap", "chau-doc"
NUMBERS = {DEPARTMENT: "1400100000", FAR: "1600100001"}

# The same units as the demo's, and a school that has never heard of it.
UNITS = """
from datetime import datetime, UTC
from pathlib import Path
from django.conf import settings
from documents.models import Unit
from workflow.models import Credential
from workflow.services.keys.credentials import development_ca
from cms.demo.world import make_units
units = make_units()
if {far!r} not in units:
    top = Unit.objects.get(code={department!r})
    top.add_child(code={far!r}, kind="school", name="Trường Tiểu học Châu Đốc",
                  place="Châu Đốc", tax_code={number!r})
unit = Unit.objects.get(code={own!r})
if not unit.credentials.exists():
    seal = development_ca().issue_seal(
        school=unit.name, tax_code=unit.tax_code, at=datetime.now(UTC))
    Credential.objects.create(unit=unit, provider="pkcs12",
        reference=str(seal.path.relative_to(Path(settings.DATA_DIR))))
"""
COUNT = """
import json
from documents.models import *
print(json.dumps(sorted(
    [r.state, r.issuer.code, r.custodian.code, str(r.locked_at or "")]
    for r in Record.objects.filter({where}))))
"""


def run(place: Installation, code: str) -> str:
    done = place.manage("shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def rows(place: Installation, where: str = "") -> list[list[str]]:
    text = run(place, COUNT.format(where=where)).splitlines()[-1]
    found: list[list[str]] = json.loads(text)
    return found


def prepare(place: Installation, own: str) -> None:
    """Units, and a key of the seal of ``own``."""
    facts = {"far": FAR, "department": DEPARTMENT, "number": NUMBERS[FAR], "own": own}
    run(place, UNITS.format(**facts))


def make_trust(one: Installation, other: Installation, folder: Path) -> None:
    """Each trusts the authority of the other, with its lists of what is revoked."""
    exported = {
        place.folder: exported_trust(place, folder / f"of-{place.folder.name}")
        for place in (one, other)
    }
    for giver, taker in ((one, other), (other, one)):
        words = (*exported[giver.folder], "--store", giver.folder.name)
        done = taker.manage("import_trust", *words)
        assert done.returncode == 0, done.stderr


def exported_trust(place: Installation, folder: Path) -> list[str]:
    assert place.manage("export_trust", "--to", str(folder)).returncode == 0
    return sorted(map(str, folder.iterdir()))


@pytest.fixture
def elsewhere(migrated: Installation, tmp_path: Path) -> Iterator[Installation]:
    copy = migrated.copy(tmp_path / "elsewhere")
    yield copy
    copy.drop()


def test_a_school_reports_to_a_department_elsewhere(
    demo: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    prepare(elsewhere, DEPARTMENT)
    make_trust(demo, elsewhere, tmp_path)
    packet, receipt = tmp_path / "3B.xml", tmp_path / "receipt.xml"

    sent = demo.json("export_packet", *CLASS_3B, "--to", str(packet))
    words = ("import_packet", str(packet), "--receipt", str(receipt))
    taken = elsewhere.json(*words)
    first = receipt.read_bytes()
    again = elsewhere.json(*words)
    filed = demo.json("import_packet", str(receipt))
    twice = demo.json("import_packet", str(receipt))

    count = sent["records"]
    assert count == 38 and sent["missing"] == []
    assert sent["packages"][0]["receiver"] == DEPARTMENT
    assert (taken["accepted"], taken["unchanged"], taken["refused"]) == (count, 0, [])
    assert taken["package"] == sent["packages"][0]["package"]
    assert (again["accepted"], again["unchanged"]) == (0, count)
    assert receipt.read_bytes() == first
    assert (filed["accepted"], filed["filed"], twice["filed"]) == (count, True, False)
    assert {(row[0], row[1]) for row in rows(elsewhere)} == {("signed", "my-ngai")}
    assert len(rows(elsewhere)) == count
    for place in (demo, elsewhere):
        assert place.json("check_integrity") == {"ok": True, "findings": []}


def test_what_is_not_signed_is_named_and_left_out(
    demo: Installation, tmp_path: Path
) -> None:
    packet = tmp_path / "school.xml"
    words = ("--unit", "my-ngai", "--year", "2025-2026", "--to", str(packet))

    sent = demo.json("export_packet", *words, status=1)
    stranger = demo.json("export_packet", *words, "--as", "registrar2", status=1)

    assert sent["records"] > 38
    assert {row["state"] for row in sent["missing"]} <= {"draft", "reviewed"}
    assert all(row["pupil"] for row in sent["missing"])
    assert stranger["error"] == "not_allowed"


def broken(good: bytes) -> dict[str, bytes]:
    """What a stranger makes of a package without any key, by the code it gets."""
    middle = len(good) // 2
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb">]>'
    return {
        "damaged": good[:middle],
        "dtd_forbidden": good.replace(b"<GOI_HOC_BA>", bomb + b"<GOI_HOC_BA>", 1),
        "bytes_changed": good.replace(b"<MUC_DAT>T<", b"<MUC_DAT>H<", 1),
        "id_duplicated": good.replace(
            b"</DANH_SACH_HOC_BA>", record_of(good) + b"</DANH_SACH_HOC_BA>", 1
        ),
        "packet_version_unknown": good.replace(
            b"<PHIEN_BAN_DINH_DANG>1<", b"<PHIEN_BAN_DINH_DANG>7<", 1
        ),
        "not_a_packet": b"%PDF-1.7",
    }


def record_of(package: bytes) -> bytes:
    start = package.index(b"<HOC_BA>")
    end = package.index(b"</HOC_BA>") + len(b"</HOC_BA>")
    return package[start:end]


def test_a_broken_package_leaves_nothing_behind(
    demo: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    prepare(elsewhere, DEPARTMENT)
    packet = tmp_path / "3B.xml"
    demo.json("export_packet", *CLASS_3B, "--to", str(packet))
    good = packet.read_bytes()
    untrusted = elsewhere.json("import_packet", str(packet), status=1)
    make_trust(demo, elsewhere, tmp_path)
    before = files_of(elsewhere)

    found: dict[str, Any] = {}
    for code, data in broken(good).items():
        bad = tmp_path / f"{code}.xml"
        bad.write_bytes(data)
        found[code] = elsewhere.json("import_packet", str(bad), status=1)

    assert "certificate_not_trusted" in untrusted["codes"]
    assert {code for code, said in found.items() if code in said["codes"]} == set(found)
    assert found["damaged"]["place"].startswith("2:")
    assert found["dtd_forbidden"]["place"] == "2:1"
    assert found["bytes_changed"]["place"] == "KY_GOI"
    assert rows(elsewhere) == []
    assert files_of(elsewhere) == before
    assert not list(tmp_path.glob("*.receipt.xml"))


def files_of(place: Installation) -> set[str]:
    kept = place.folder / "records"
    return {path.name for path in kept.rglob("*") if path.is_file()}


DISPATCH = """
from documents.models import *
from workflow.services.exchange.dispatching import dispatch_book
from documents import storage
from pathlib import Path
record = Record.objects.filter(state="locked", issuer__code="my-ngai",
    transfers=None, school_class__name="3B").order_by("pk").first()
package = dispatch_book(record_id=record.pk, to_unit=Unit.objects.get(code={far!r}),
    by=User.objects.get(username="registrar"), reason="Chuyển nhà")
Path({to!r}).write_bytes(storage.get(package.sha256))
print(record.uuid.hex)
"""


def test_a_book_changes_hands_between_two_installations(
    demo: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    prepare(demo, DEPARTMENT)
    prepare(elsewhere, FAR)
    make_trust(demo, elsewhere, tmp_path)
    packet, receipt = tmp_path / "book.xml", tmp_path / "receipt.xml"
    code = DISPATCH.format(far=FAR, to=str(packet))
    where = f'uuid="{run(demo, code).splitlines()[-1]}"'
    words = ("import_packet", str(packet), "--receipt", str(receipt))

    before = rows(demo, where)
    taken = elsewhere.json(*words)
    waiting = rows(demo, where)
    filed = demo.json("import_packet", str(receipt), "--as", "registrar")
    after, there = rows(demo, where), rows(elsewhere)

    ((state, issuer, keeper, locked_at),) = before
    assert (taken["accepted"], taken["refused"], taken["purpose"]) == (
        1,
        [],
        "transfer",
    )
    assert (filed["accepted"], filed["filed"]) == (1, True)
    assert (state, issuer, keeper) == ("locked", "my-ngai", "my-ngai")
    assert waiting == before
    assert after == [["transferred", "my-ngai", FAR, locked_at]]
    assert there == [["locked", "my-ngai", FAR, locked_at]]
    for place in (demo, elsewhere):
        assert place.json("check_integrity") == {"ok": True, "findings": []}


def test_the_receipt_of_another_installation_moves_nothing(
    demo: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    """A seal with the right names, by an authority that nobody here trusts."""
    prepare(demo, DEPARTMENT)
    prepare(elsewhere, FAR)
    paths = exported_trust(demo, tmp_path / "of-demo")
    elsewhere.manage("import_trust", *paths, "--store", "demo")
    packet, receipt = tmp_path / "book.xml", tmp_path / "receipt.xml"
    record = run(demo, DISPATCH.format(far=FAR, to=str(packet))).splitlines()[-1]
    elsewhere.json("import_packet", str(packet), "--receipt", str(receipt))

    filed = demo.json("import_packet", str(receipt), status=1)

    assert "certificate_not_trusted" in filed["codes"]
    ((state, _issuer, keeper, _at),) = rows(demo, f'uuid="{record}"')
    assert (state, keeper) == ("locked", "my-ngai")
