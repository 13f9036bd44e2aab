"""What a person or a program asks for: the form, and all checks before anything is created at Amazon."""
