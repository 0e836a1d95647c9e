"""Proof that no change of the site's layout lands a wrong row, and that YAML mends each."""
