"""What people see: text, LaTeX, HTML pages and plots."""
