"""What the laboratory prints on paper."""
