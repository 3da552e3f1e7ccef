"""Draw what a camera sees, live: `python examples/webcam.py`.

`--source clip.mp4` plays a film instead; `--output live.mp4` records, and needs no
screen. Frames that come while the network is busy are left out, so that the picture
does not fall behind. `q` or Escape ends. The window needs `pip install opencv-python`.
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
    parser.add_argument("--source", default="0", help="camera number, or a video file")
    parser.add_argument("--style", default="comic", help="default: %(default)s")
    parser.add_argument("--size", type=int, default=640, help="pixels of the long side")
    parser.add_argument("--frames", type=int, help="end after so many drawn frames")
    parser.add_argument("--output", help="record to this file instead of a window")
    arguments = parser.parse_args(argv)
    try:
        drawn, seconds, skipped = play(arguments)
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    rate = drawn / max(seconds, 1e-9)
    print(f"Drew {drawn} frames at {rate:.1f} a second, left out {skipped}")
    return 0


def play(arguments):
    if cv2 is None:
        raise ImportError("This needs OpenCV: pip install opencv-python")
    if arguments.output is None and not has_window():
        raise OSError(
            "OpenCV cannot open a window here: install opencv-python instead of "
            "opencv-python-headless and use a screen, or record with --output FILE.mp4"
        )
    is_camera = arguments.source.isdigit()
    if not is_camera and not Path(arguments.source).is_file():
        raise FileNotFoundError(f"No such video file: {arguments.source!r}")
    animegan_tf.import_tensorflow_quietly()
    stylizer = animegan_tf.Stylizer.from_preset(arguments.style)
    source = Camera(int(arguments.source)) if is_camera else Film(arguments.source)
    show = Recorder(arguments.output, source.rate) if arguments.output else Window()
    drawn = taken = 0
    start = time.perf_counter()
    try:
        while drawn != arguments.frames:
            frame, count = source.read()
            if frame is None:
                break
            taken += count
            drawn += 1
            picture = stylizer(shrink(frame, arguments.size)[..., ::-1])
            if not show(picture[..., ::-1], count):
                break
    except KeyboardInterrupt:
        pass
    finally:
        source.close()
        show.close()
    if drawn == 0:
        raise ValueError(f"No frame can be read from {arguments.source!r}")
    return drawn, time.perf_counter() - start, taken - drawn


class Camera:
    """The newest frame of a camera; older ones are dropped."""

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


class Film:
    """The frame of a film that is due now; those whose time has passed are skipped."""

    def __init__(self, path):
        self.capture = open_capture(path)
        self.rate = self.capture.get(cv2.CAP_PROP_FPS) or 30.0
        self.start, self.position = None, 0

    def read(self):
        now = time.perf_counter()
        # The first frame waits for nothing, not even for TensorFlow's first trace.
        self.start = (
            self.start if self.position > 1 else now - self.position / self.rate
        )
        due = int((now - self.start) * self.rate)
        time.sleep(max(0.0, self.start + self.position / self.rate - now))
        count = min(max(1, due - self.position + 1), MAX_CATCH_UP)
        for skipped in range(count - 1):
            if not self.capture.grab():
                return None, skipped
        self.position += count
        is_read, frame = self.capture.read()
        return (frame if is_read else None), count

    def close(self):
        self.capture.release()


class Window:
    """A window on the screen."""

    def __call__(self, picture, count):
        cv2.imshow(TITLE, picture)
        is_closed = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
        return not is_closed and cv2.waitKey(1) not in (27, ord("q"))

    def close(self):
        cv2.destroyAllWindows()


class Recorder:
    """A file; a picture fills the time of the frames that it stands for."""

    def __init__(self, path, rate):
        self.path, self.rate, self.writer = path, rate, None

    def __call__(self, picture, count):
        if self.writer is None:
            code = cv2.VideoWriter_fourcc(*"mp4v")
            size = picture.shape[1::-1]
            self.writer = cv2.VideoWriter(str(self.path), code, self.rate, size)
            if not self.writer.isOpened():
                raise OSError(f"Cannot write the file {str(self.path)!r}")
        for _ in range(count):
            self.writer.write(picture)
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
