"""What the functions return."""
