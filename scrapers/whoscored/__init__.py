"""What is true of WhoScored only: its refusals, its empty pages, and rows from its pages."""
