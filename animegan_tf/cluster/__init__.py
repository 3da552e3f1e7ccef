"""Bulk stylization of images on a cluster of machines, with Ray Data."""
