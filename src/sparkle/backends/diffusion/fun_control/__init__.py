"""Wan2.2-Fun-A14B-Control over diffusers' components: transformer, pipeline, and the loading of its checkpoints.

The model is a Wan 14B pair of experts whose transformers take 52 input channels (noise 16, control video 16, mask 4,
masked video 16) and reference tokens in front of the video's. diffusers has its parts, but no such pipeline.
"""
