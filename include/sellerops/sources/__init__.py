"""Where reports come from: one folder for each system."""
