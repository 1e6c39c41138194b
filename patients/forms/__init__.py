"""What members type about patients; forms read, actions write."""
