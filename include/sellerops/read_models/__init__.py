"""What pages show, read as the role that only reads; one module a page."""
