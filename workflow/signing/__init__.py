"""Keys, certificates, time-stamps and signed PDF. Knows no tables: services pass in all."""
