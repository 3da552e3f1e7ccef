import configparser
import email
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import animegan_tf

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
