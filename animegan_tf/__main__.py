"""Run the command line as `python -m animegan_tf`."""

from animegan_tf.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
