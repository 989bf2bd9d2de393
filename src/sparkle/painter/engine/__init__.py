"""How pictures are made: canvas, light, noise, sky, ground, water, solids, plants."""
