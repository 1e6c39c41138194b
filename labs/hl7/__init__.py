"""HL7 v2 as it concerns results: what a message means, and filing what it says."""
