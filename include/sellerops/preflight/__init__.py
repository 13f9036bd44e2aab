"""What is wrong or missing before anything runs: invalid files, and connections the configuration asks for."""
