"""Small networks on a CPU, through ONNX Runtime: one file a network, loaded by the names and shapes of its graph."""
