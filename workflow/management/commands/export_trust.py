from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from asn1crypto import pem
from django.core.management.base import BaseCommand

from workflow.services.keys.credentials import trust


class Command(BaseCommand):
    help = "Write the trust anchors in force as PEM, so that others can check alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        options["to"].mkdir(parents=True, exist_ok=True)
        store = trust()
        for certificate in (*store.anchors, *store.intermediates):
            path = options["to"] / f"{certificate.sha256.hex()[:16]}.pem"
            path.write_bytes(pem.armor("CERTIFICATE", certificate.dump()))
            self.stdout.write(f"{path}\t{certificate.subject.human_friendly}")
        for number, crl in enumerate(store.crls, 1):
            path = options["to"] / f"{number}.crl"
            path.write_bytes(crl.der)
            self.stdout.write(str(path))
