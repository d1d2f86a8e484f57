"""Where this installation lives, read from the environment before all else."""

import secrets
from pathlib import Path

import environ

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
# Everything that the program writes lives here, so that a copy of the folder is
# a copy of the installation.
DATA_DIR = env.path("DATA_DIR", default=str(BASE_DIR / "var"))
DATA_DIR = Path(str(DATA_DIR)).expanduser().resolve()


def development_key(folder: Path) -> str:
    """Return this folder's own secret key, made at its first use.

    Site and worker may start together: whoever comes second reads the key of the
    first. It is written beside and linked, so nobody ever reads half a key.
    """
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"secret_key.{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64), encoding="ascii")
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
