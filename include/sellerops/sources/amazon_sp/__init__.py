"""Amazon's Selling Partner API: tokens, the Reports API 2021-06-30, and report documents."""
