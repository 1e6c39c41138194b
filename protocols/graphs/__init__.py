"""Drawings of the record: what is plotted (rows), and the geometry of it (plot)."""
