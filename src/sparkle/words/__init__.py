"""What the words of an instruction say: of the background, of what moves in it, and of the subject. No model is asked.

The words themselves are in the YAML files beside the modules, each once.
"""
