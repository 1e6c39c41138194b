"""Tables that laboratories send as files: looked at, given columns, and read as reports."""
