"""Style transfer between two images, and new styles fitted to a few images."""
