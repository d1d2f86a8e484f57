"""The demo: Trường Tiểu học Mỹ Ngãi, brought to every state by the real services."""

from .screen import accounts_screen
from .story import load_demo

__all__ = ["accounts_screen", "load_demo"]
