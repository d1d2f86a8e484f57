"""Whether a file is what it claims to be. Knows no tables: it runs without a database."""
