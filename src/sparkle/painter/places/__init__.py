"""What the painter can paint: one file a family of places."""
