"""Whether a file is what it claims to be. Knows no tables and needs no database."""
