"""What moves of itself: cars, people, pigeons, boats, mills, drops of a fountain; each is faces for every moment."""
