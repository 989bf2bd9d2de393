"""Diffusion models behind the roles: first frame, removal, animation, the final generator."""
