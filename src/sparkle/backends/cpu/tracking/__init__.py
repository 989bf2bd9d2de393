"""The cpu tracker: from noisy boxes on some frames to masks on all, without a network."""
