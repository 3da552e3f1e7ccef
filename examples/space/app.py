"""Serve the demo as a Space of a model hub."""

from animegan_tf.demo.app import launch_app
from animegan_tf.demo.service import Limits

# A shared machine with few cores.
LIMITS = Limits(max_photos=4, max_megapixels=8.0, max_seconds=15.0, max_side=640)

if __name__ == "__main__":
    launch_app(limits=LIMITS).block_thread()
