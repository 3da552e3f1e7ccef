"""Style transfer between two images, and fine-tuning of a generator for it."""
