"""What the laboratory knows, as arithmetic: nothing here may import Django or ask the clock."""
