import configparser
import email
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import animegan_tf
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that `pip install .` builds, without network access."""
    pytest.importorskip("setuptools", minversion="70.1")
    folder = tmp_path_factory.mktemp("wheel")
    # Built from a copy, since setuptools leaves build folders next to the sources.
    for name in ("setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "animegan_tf", folder / "animegan_tf", ignore=ignore)
    code = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return folder / "dist" / result.stdout.split()[-1]


def test_wheel_contains_every_module_and_all_weights(wheel):
    folder = ROOT / "animegan_tf"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in [
            *folder.rglob("*.py"),
            folder / "py.typed",
            *(folder / "weights").rglob("*"),
        ]
        if path.is_file()
    }
    assert expected <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_contains_only_the_package(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    version = animegan_tf.__version__
    assert tops == {"animegan_tf", f"animegan_tf-{version}.dist-info"}


def test_metadata_has_version_license_and_command(wheel):
    archive = zipfile.ZipFile(wheel)
    info = f"animegan_tf-{animegan_tf.__version__}.dist-info"
    metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
    assert metadata["Version"] == animegan_tf.__version__
    assert metadata["Requires-Python"] == ">=3.10"
    assert "Apache-2.0" in (metadata["License-Expression"] or metadata["License"])
    extras = set(metadata.get_all("Provides-Extra"))
    assert {"heif", "tiff", "train", "test", "dev"} <= extras
    commands = archive.read(f"{info}/entry_points.txt").decode()
    assert "animegan-tf = animegan_tf.cli:main" in commands
    licenses = [name for name in archive.namelist() if name.endswith("LICENSE")]
    assert licenses
    assert b"Apache License" in archive.read(licenses[0])


def test_extras_include_the_extras_they_build_on(wheel):
    info = f"animegan_tf-{animegan_tf.__version__}.dist-info/METADATA"
    metadata = email.message_from_bytes(zipfile.ZipFile(wheel).read(info))
    required = metadata.get_all("Requires-Dist")
    for extra in ("train", "test", "dev"):
        lines = [line for line in required if f'"{extra}"' in line.replace("'", '"')]
        assert any(line.startswith("opencv-python-headless") for line in lines), extra
        if extra != "train":
            assert any(line.startswith("tifffile") for line in lines), extra
    for name in ("opencv", "tifffile", "imagecodecs"):
        assert not any("extra" not in line and name in line for line in required)


@pytest.mark.slow
def test_the_installed_wheel_lists_styles_and_stylizes_without_the_sources(
    wheel, tmp_path
):
    for name in ("onnx", "openvino"):
        pytest.importorskip(name, reason="the fast engine needs it")
    pytest.importorskip("pip", reason="it installs the wheel")
    target, folder = tmp_path / "installed", tmp_path / "elsewhere"
    folder.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    pip += ["--no-compile", "--disable-pip-version-check", "--target", target, wheel]
    subprocess.run(pip, check=True, capture_output=True)
    write_image(np.full((40, 56, 3), 90, np.uint8), folder / "photo.png")
    # Paths of the test's own process may lead to the sources, PYTHONPATH's too.
    packages = [path for path in sys.path if Path(path).name == "site-packages"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(target), *packages]),
        "ANIMEGAN_TF_CACHE": str(tmp_path / "cache"),
    }

    def run(*arguments):
        result = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    path = run("-c", "import animegan_tf; print(animegan_tf.__file__)").strip()
    assert Path(path) == target / "animegan_tf" / "__init__.py"
    listed = run("-m", "animegan_tf", "styles")
    assert all(name in listed for name in animegan_tf.list_styles())
    command = ["stylize", "photo.png", "-o", "anime.png", "--style", "comic"]
    run("-m", "animegan_tf", *command, "--engine", "openvino")
    assert read_image(folder / "anime.png").shape == (40, 56, 3)


def test_citation_and_changelog_have_the_version():
    version = animegan_tf.__version__
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_readme_marks_the_commands_that_ci_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- tests -->\s*```bash\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) == 1
    lines = blocks[0].splitlines()
    assert lines[0].startswith("python -m venv .venv")
    assert 'pip install ".[test]"' in lines
    assert "python -m pytest" in lines


def test_slow_tests_are_skipped_by_default():
    config = configparser.RawConfigParser()
    config.read(ROOT / "setup.cfg")
    assert '-m "not slow"' in config["tool:pytest"]["addopts"]
