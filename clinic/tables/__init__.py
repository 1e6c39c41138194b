"""Tables that come and go as files, CSV and workbooks: their grammar, not their meaning."""
