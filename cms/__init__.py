"""The site: settings, URLs, staff workspace, portal, API. No rules of its own."""
