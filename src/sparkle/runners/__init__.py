"""Where stages execute, and what each command does."""
