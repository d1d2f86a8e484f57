"""Every figure about speed comes from here: `make bench`."""
