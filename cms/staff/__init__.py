"""The staff workspace: screens inside Wagtail's admin, over the same services."""
