"""Keys, certificates, time-stamps, signed PDF. Knows no tables: services pass all in."""
