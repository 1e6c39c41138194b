"""Reports on paper: frozen content in, tagged PDF out."""
