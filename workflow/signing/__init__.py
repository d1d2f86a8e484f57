"""Keys, certificates, time-stamps, PDF. Knows no tables: callers pass all in."""
