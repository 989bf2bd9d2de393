"""Learned optical flow."""
