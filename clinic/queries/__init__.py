"""What pages of the ground floor read."""
