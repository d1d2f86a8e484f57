"""A strict remote signing service in a process of its own: `… FILE PASS EVERY`.

Prints its address. Every so many calls one is answered with 500, if EVERY is not 0.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.workflow.signing.providers import csc_stub
from workflow.signing.providers.pkcs12 import PrivateKey


def main(path: str, passphrase: str, every: str) -> None:
    bundle = pkcs12.load_pkcs12(Path(path).read_bytes(), passphrase.encode())
    assert bundle.cert is not None and isinstance(bundle.key, PrivateKey)
    der = serialization.Encoding.DER
    certificates = [bundle.cert, *bundle.additional_certs]
    chain = [one.certificate.public_bytes(der) for one in certificates]
    service = csc_stub.Service(bundle.key, list(map(csc_stub.b64, chain)))
    if int(every):
        service.every = (int(every), csc_stub.status(500))
    with csc_stub.serving(service) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])
