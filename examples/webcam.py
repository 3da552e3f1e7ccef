"""Stylize a camera live: `python examples/webcam.py`.

`--source clip.mp4` plays a video file instead; `--output live.mp4` records to a file
and needs no display. Frames that arrive while the network is busy are skipped, so that
the output stays in real time. Press `q` or Escape to quit. The window needs
`pip install opencv-python`.
"""

import argparse
import sys
import threading
import time
from pathlib import Path

import animegan_tf

try:
    import cv2
except ImportError:
    cv2 = None

TITLE = "animegan_tf"
MAX_CATCH_UP = 100


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--source", default="0", help="number of the camera, or a video file"
    )
    parser.add_argument("--style", default="anime", help="style (default: %(default)s)")
    parser.add_argument("--size", type=int, default=640, help="longer side in pixels")
    parser.add_argument("--frames", type=int, help="stop after this number of frames")
    parser.add_argument("--output", help="video file to write instead of a window")
    arguments = parser.parse_args(argv)
    try:
        num_frames, seconds, num_skipped = play(arguments)
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    rate = num_frames / max(seconds, 1e-9)
    print(f"Stylized {num_frames} frames at {rate:.1f} fps, skipped {num_skipped}")
    return 0


def play(arguments):
    if cv2 is None:
        raise ImportError("OpenCV is not installed: pip install opencv-python")
    if arguments.output is None and not has_window():
        raise OSError(
            "OpenCV cannot open a window: install opencv-python instead of "
            "opencv-python-headless and use a display, or record with --output FILE.mp4"
        )
    is_camera = arguments.source.isdigit()
    if not is_camera and not Path(arguments.source).is_file():
        raise FileNotFoundError(f"No such video file: {arguments.source!r}")
    animegan_tf.import_tensorflow_quietly()
    stylizer = animegan_tf.Stylizer.from_preset(arguments.style)
    source = Camera(int(arguments.source)) if is_camera else Video(arguments.source)
    show = Recorder(arguments.output, source.rate) if arguments.output else Window()
    num_stylized = num_read = 0
    start = time.perf_counter()
    try:
        while num_stylized != arguments.frames:
            frame, count = source.read()
            if frame is None:
                break
            num_read += count
            num_stylized += 1
            stylized = stylizer(shrink(frame, arguments.size)[..., ::-1])
            if not show(stylized[..., ::-1], count):
                break
    except KeyboardInterrupt:
        pass
    finally:
        source.close()
        show.close()
    if num_stylized == 0:
        raise ValueError(f"No frame can be read from {arguments.source!r}")
    return num_stylized, time.perf_counter() - start, num_read - num_stylized


class Camera:
    """A camera; `read` returns its newest frame and drops older ones."""

    def __init__(self, number):
        self.capture = open_capture(number)
        self.rate = self.capture.get(cv2.CAP_PROP_FPS) or 30.0
        self.condition, self.frame, self.count = threading.Condition(), None, 0
        self.ended = False
        self.thread = threading.Thread(target=self.grab, daemon=True)
        self.thread.start()

    def grab(self):
        while not self.ended:
            is_read, frame = self.capture.read()
            with self.condition:
                self.frame, self.count = frame, self.count + 1
                self.ended = self.ended or not is_read
                self.condition.notify()

    def read(self):
        with self.condition:
            self.condition.wait_for(lambda: self.count > 0 or self.ended)
            frame, count, self.count = self.frame, self.count, 0
        return (None if self.ended else frame), count

    def close(self):
        self.ended = True
        self.thread.join()
        self.capture.release()


class Video:
    """A video file in real time; `read` skips the frames whose time has passed."""

    def __init__(self, path, *, clock=time.perf_counter, sleep=time.sleep):
        self.clock, self.sleep = clock, sleep
        self.capture = open_capture(path)
        self.rate = self.capture.get(cv2.CAP_PROP_FPS) or 30.0
        self.start, self.position = None, 0

    def read(self):
        now = self.clock()
        # The clock starts after the first frame, for which TensorFlow compiles.
        self.start = (
            self.start if self.position > 1 else now - self.position / self.rate
        )
        due = int((now - self.start) * self.rate)
        self.sleep(max(0.0, self.start + self.position / self.rate - now))
        count = min(max(1, due - self.position + 1), MAX_CATCH_UP)
        frame = None
        for num_read in range(count):
            is_read, newer = self.capture.read()
            if not is_read:
                # The last frame stands for those skipped before it.
                return frame, num_read
            frame = newer
        self.position += count
        return frame, count

    def close(self):
        self.capture.release()


class Window:
    """A window."""

    def __call__(self, frame, count):
        cv2.imshow(TITLE, frame)
        is_closed = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
        return not is_closed and cv2.waitKey(1) not in (27, ord("q"))

    def close(self):
        cv2.destroyAllWindows()


class Recorder:
    """A video file; a frame is repeated for the frames skipped before it."""

    def __init__(self, path, rate):
        self.path, self.rate, self.writer = path, rate, None

    def __call__(self, frame, count):
        if self.writer is None:
            code = cv2.VideoWriter_fourcc(*"mp4v")
            size = frame.shape[1::-1]
            self.writer = cv2.VideoWriter(str(self.path), code, self.rate, size)
            if not self.writer.isOpened():
                raise OSError(f"Cannot write the file {str(self.path)!r}")
        for _ in range(count):
            self.writer.write(frame)
        return True

    def close(self):
        if self.writer is not None:
            self.writer.release()


def open_capture(source):
    capture = cv2.VideoCapture(source)
    if not capture.isOpened():
        kind = "camera" if isinstance(source, int) else "video file"
        raise OSError(f"Cannot open the {kind} {source!r}")
    return capture


def has_window():
    try:
        cv2.namedWindow(TITLE)
    except cv2.error:
        return False
    return True


def shrink(frame, size):
    scale = size / max(frame.shape[:2])
    if scale >= 1.0:
        return frame
    height, width = (max(1, round(side * scale)) for side in frame.shape[:2])
    return cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    sys.exit(main())
