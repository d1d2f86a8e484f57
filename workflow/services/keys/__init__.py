"""Whose key signs: registered, provided, tried each night, and told before it ends."""
