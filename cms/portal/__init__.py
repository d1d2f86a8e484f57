"""The public face: check a record, read a child's record, and the site's pages."""
