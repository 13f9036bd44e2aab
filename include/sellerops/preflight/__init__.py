"""What is wrong or missing before anything runs: invalid files, and connections that are needed."""
