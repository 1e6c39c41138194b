"""Questions the protocols floor asks of its tables."""
