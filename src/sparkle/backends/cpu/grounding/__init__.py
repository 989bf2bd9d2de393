"""How the cpu grounder finds subjects before a fixed camera: activity, heads, body shape, colours."""
