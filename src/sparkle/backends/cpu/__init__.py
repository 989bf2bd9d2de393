"""Backends that need no download and no GPU: classical vision and procedural painting. Each file fulfils one role."""
