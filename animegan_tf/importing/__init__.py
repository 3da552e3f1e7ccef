"""Import published weights of the AnimeGAN family: TensorFlow 1, PyTorch, ONNX."""
