import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.image_file import ImageFrame
from animegan_tf.imaging.reading import read_first_frame, read_image
from animegan_tf.imaging.writing import write_frame, write_image

CODE = """
import sys
from animegan_tf.cli import main
code = main(sys.argv[1:])
heavy = {'tensorflow', 'keras', 'h5py', 'matplotlib', 'cv2', 'scipy'}
print('code', code, sorted(heavy & set(sys.modules)))
"""


@pytest.fixture
def run_folder(tmp_path):
    from animegan_tf.models.generator_files import save_generator
    from animegan_tf.models.generators import build_generator

    options = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    save_generator(build_generator("anime", **options), options, tmp_path / "run")
    return tmp_path / "run"


def stylize(tmp_path, *options):
    source = tmp_path / "photo.png"
    if not source.exists():
        image = np.random.default_rng(0).integers(0, 256, (33, 65, 3), dtype=np.uint8)
        write_image(image, source)
    arguments = ["stylize", source, "-o", tmp_path / "out.png", *options]
    return subprocess.run(
        [sys.executable, "-c", CODE, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["auto", "openvino", "onnxruntime"])
def test_fast_engine_imports_neither_tensorflow_nor_keras(tmp_path, run_folder, engine):
    for name in ("onnx", "openvino", "onnxruntime"):
        pytest.importorskip(name)
    dials = ["--strength", "0.8", "--detail", "0.2", "--color", "photo", "--tile", "32"]
    result = stylize(tmp_path, "--style", run_folder, "--engine", engine, *dials)
    assert result.stdout.splitlines()[-1] == "code 0 []", result.stderr
    assert result.stderr == ""
    assert read_image(tmp_path / "out.png").shape == (33, 65, 3)


@pytest.mark.slow
def test_16_bit_png_in_the_fast_engine_imports_neither_tensorflow_nor_keras(
    tmp_path, run_folder
):
    for name in ("onnx", "openvino"):
        pytest.importorskip(name)
    levels = np.random.default_rng(0).integers(0, 65536, (33, 65, 3), dtype=np.uint16)
    write_frame(ImageFrame(levels), tmp_path / "photo.png")
    result = stylize(tmp_path, "--style", run_folder, "--engine", "openvino")
    assert result.stdout.splitlines()[-1] == "code 0 []", result.stderr
    assert read_first_frame(tmp_path / "out.png").bits == 16


@pytest.mark.slow
def test_video_in_the_fast_engine_imports_neither_tensorflow_nor_keras(
    tmp_path, run_folder
):
    for name in ("av", "onnx", "openvino"):
        pytest.importorskip(name)
    source, target = tmp_path / "clip.gif", tmp_path / "out.gif"
    random = np.random.default_rng(0)
    frames = random.integers(0, 256, (3, 24, 32, 3), dtype=np.uint8)
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(source, save_all=True, append_images=others, duration=100)
    arguments = ["video", source, "-o", target, "--style", run_folder]
    result = subprocess.run(
        [sys.executable, "-c", CODE, *map(str, arguments), "--engine", "openvino"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.stdout.splitlines()[-1] == "code 0 []", result.stderr
    assert target.exists()


@pytest.mark.slow
def test_missing_engine_is_one_line(tmp_path, run_folder):
    code = "import sys; sys.modules['openvino'] = None" + CODE
    source = tmp_path / "photo.png"
    write_image(np.zeros((8, 8, 3), np.uint8), source)
    result = subprocess.run(
        [sys.executable, "-c", code, "stylize", str(source), "-o"]
        + [str(tmp_path / "out.png"), "--style", str(run_folder)]
        + ["--engine", "openvino"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "code 2" in result.stdout
    assert result.stderr.count("\n") == 1
    assert 'pip install "animegan_tf[fast]"' in result.stderr
