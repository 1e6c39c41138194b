"""Forms of the protocols floor: they read, actions write."""
