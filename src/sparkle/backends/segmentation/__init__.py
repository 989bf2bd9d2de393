"""Promptable video segmentation models behind the tracker role."""
