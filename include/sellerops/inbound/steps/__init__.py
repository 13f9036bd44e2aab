"""The steps of an inbound run, one module per phase."""
