"""Packages of records between installations: sent, judged, taken in, and receipted."""
