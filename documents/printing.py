"""A version as the printed form takes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.conf import settings
from django.utils import timezone

from .exchange.standing import Given, given_to
from .models import Version
from .rendering import CopyNote, FormInput, SignedRows


def form_input(
    version: Version,
    *,
    signed_on: date | None = None,
    head_name: str = "",
    packet: bytes = b"",
    given: Given | None = None,
    copy: CopyNote | None = None,
) -> FormInput:
    """All that decides the bytes of the form of ``version``.

    ``signed_on`` and ``head_name`` are what stands above the signatures; without
    them their places stay open. ``packet`` is the signed XML to embed, ``given`` what
    teachers have signed if the caller knows it already; ``copy`` says that these pages
    are made from the packet.
    """
    record = version.record
    code = record.book.lookup_code
    return FormInput(
        kind=record.kind,
        form_version=version.form_version,
        canonical=version.canonical.encode(),
        sha256=version.sha256,
        lookup_code=code,
        verify_url=f"{settings.SITE_URL}/verify/{code}",
        created_at=version.created_at,
        place=record.issuer.place,
        signed_on=signed_on,
        head_name=head_name,
        packet=packet,
        signed_rows=tuple(_signed_rows(given or given_to(version))),
        copy=copy,
    )


def _signed_rows(given: Given) -> Iterator[SignedRows]:
    """What teachers have signed with keys of what the version says, oldest first."""
    for one in sorted(given.signatures, key=lambda row: (row.signed_at, row.pk)):
        if one.xml:
            at = timezone.localtime(one.signed_at)
            subjects = given.packet.format.labels_of(one.parts)
            yield SignedRows(
                one.name, ", ".join(subjects), at.strftime("%d/%m/%Y %H:%M")
            )
