"""Learned edge detectors."""
