from __future__ import annotations

from tests.workflow.signing.material import NOW, Desk, block, printed_record
from tests.workflow.signing.providers.material import pyhanko_accepts
from workflow.signing.kept import pack, unpack
from workflow.signing.pades import finish, prepare
from workflow.signing.providers.pkcs12 import Pkcs12Provider


def test_a_prepared_record_is_finished_from_storage_as_if_it_had_never_waited(
    desk: Desk,
):
    provider = Pkcs12Provider(desk.head.path, desk.head.passphrase)
    prepared = prepare(
        printed_record(),
        field="head",
        certificate=provider.describe(),
        mechanism=provider.mechanism,
        stamp_pdf=block("Nguyễn Thị Hòa"),
        reason="Xác nhận học bạ",
        location="Mỹ Ngãi",
        at=NOW,
        token_size=desk.timestamper.token_size,
    )

    kept = unpack(pack(prepared))
    (signature,) = provider.sign([kept.digest], provider.authorise([kept.digest]))
    pdf = finish(kept, signature, timestamper=desk.timestamper)

    assert kept.digest == prepared.digest
    assert kept.output.getvalue()[: len(printed_record())] == printed_record()
    assert pyhanko_accepts(pdf, desk)
