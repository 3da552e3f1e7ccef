import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9]*.py"))
ORIGINALS = [path for path in SCRIPTS if path.name.count(".") == 1]
TRANSLATIONS = [path for path in SCRIPTS if path not in ORIGINALS]
MAX_BYTES = 600_000


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location(
        "build_notebooks", FOLDER / "build.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_notebook(script):
    return json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))


def outputs_of(cell):
    return cell.get("outputs", [])


def test_every_script_has_a_notebook_and_every_notebook_a_script():
    scripts = {path.stem for path in SCRIPTS}
    assert len(scripts) >= 4
    assert scripts == {path.stem for path in FOLDER.glob("*.ipynb")}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_has_the_cells_of_its_script(script, build):
    cells = [
        (cell["cell_type"], "".join(cell["source"]))
        for cell in read_notebook(script)["cells"]
    ]
    assert cells == build.split_cells(script.read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_was_run_from_top_to_bottom_without_errors(script):
    code = [cell for cell in read_notebook(script)["cells"] if cell["source"]]
    code = [cell for cell in code if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in outputs_of(cell)]
    assert {output["output_type"] for output in outputs} <= {"display_data", "stream"}
    assert not [output for output in outputs if output.get("name") == "stderr"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_cell_that_shows_or_prints_has_an_output(script):
    for cell in read_notebook(script)["cells"]:
        # A definition alone has no output.
        lines = [line for line in cell["source"] if not line.startswith((" ", "def "))]
        if cell["cell_type"] == "code" and any(
            line.startswith(("show(", "print(", "plt.show(")) for line in lines
        ):
            assert outputs_of(cell), "".join(cell["source"])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_has_no_absolute_paths(script):
    text = script.with_suffix(".ipynb").read_text(encoding="utf-8")
    assert len(text.encode()) < MAX_BYTES
    assert not [
        path for path in ("/home/", "/tmp/", "/work/", "/root/") if path in text
    ]


def test_links_between_notebooks_lead_to_notebooks():
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        for name in re.findall(r"\]\(([\w.-]+\.ipynb)\)", text):
            assert (FOLDER / name).exists(), name


@pytest.mark.parametrize("script", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_translation_has_the_code_and_outputs_of_its_original(script, build):
    original = build.original_of(script)
    assert original in ORIGINALS
    own, other = (
        [cell for cell in read_notebook(path)["cells"] if cell["cell_type"] == "code"]
        for path in (script, original)
    )
    for cell, expected in zip(own, other, strict=True):
        code, expected_code = ("".join(c["source"]) for c in (cell, expected))
        assert build.code_of(code) == build.code_of(expected_code)
        assert outputs_of(cell) == outputs_of(expected)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_empties_its_own_folder_and_no_other(
    script, build, tmp_path, monkeypatch
):
    """So it runs again in the same folder."""
    monkeypatch.chdir(tmp_path)
    cells = build.split_cells(script.read_text(encoding="utf-8"))
    code = [source for kind, source in cells if kind == "code"]
    writes = any(name in "".join(code) for name in ("write_image", "stylize_video"))
    assert writes == ("rmtree" in code[0])
    if not writes:
        return
    lines = re.search(r"^FOLDER = .*\n.*\n.*mkdir\(\)$", code[0], re.MULTILINE)[0]
    Path("mine.txt").touch()
    names = {"Path": Path, "shutil": shutil}
    for _ in range(2):
        exec(lines, names)
        assert names["FOLDER"].name == f"{script.name[:2]}_files"
        assert list(names["FOLDER"].iterdir()) == []
        (names["FOLDER"] / "left.txt").touch()
    assert Path("mine.txt").exists()


def test_comments_may_be_translated_and_code_may_not(build):
    assert build.code_of("a = 1  # Why.\n# More.\n") == build.code_of("a = 1\n")
    assert build.code_of("a = 1\n") != build.code_of("a = 2\n")


def test_notebooks_name_no_package_index():
    for script in SCRIPTS:
        for line in re.findall(r"pip install .*", script.read_text(encoding="utf-8")):
            assert line == 'pip install ".[notebooks]"'


def test_cells_are_split_at_their_markers(build):
    text = "# %% [markdown]\n# # Title\n#\n# Text.\n\n"
    text += "# %%\na = 1\n\n\n# %%\n# Why.\nb = 2\n"
    assert build.split_cells(text) == [
        ("markdown", "# Title\n\nText."),
        ("code", "a = 1"),
        ("code", "# Why.\nb = 2"),
    ]


def test_text_before_the_first_cell_is_refused(build):
    with pytest.raises(ValueError, match="must begin with"):
        build.split_cells("import os\n# %%\na = 1\n")


@pytest.fixture
def script(tmp_path, build):
    """A script and its notebook, whose only code cell has the output 1."""
    nbformat = pytest.importorskip("nbformat", reason="needs the extra `notebooks`")
    path = tmp_path / "01_small.py"
    path.write_text("# %% [markdown]\n# Old.\n\n# %%\nprint(1)\n")
    notebook = build.build_notebook(path.read_text())
    output = nbformat.v4.new_output("stream", name="stdout", text="1")
    notebook.cells[1].outputs.append(output)
    nbformat.write(notebook, path.with_suffix(".ipynb"))
    return path


def test_updating_the_text_keeps_the_outputs(script, build):
    script.write_text("# %% [markdown]\n# New.\n\n# %%\nprint(1)\n")
    build.update_text(script)
    text, code = read_notebook(script)["cells"]
    assert text["source"] == ["New."]
    assert outputs_of(code)[0]["text"] == ["1"]


def test_changed_code_cannot_be_updated_without_running_it(script, build):
    script.write_text("# %%\nprint(2)\n")
    with pytest.raises(ValueError, match="Code changed"):
        build.update_text(script)


def run_notebook(script, folder):
    for name in ("nbclient", "nbformat", "ipykernel", "skimage", "cv2", "av"):
        pytest.importorskip(name, reason="needs the extra `notebooks`")
    code = (
        "import importlib.util, sys\n"
        "from pathlib import Path\n"
        "spec = importlib.util.spec_from_file_location('build', sys.argv[1])\n"
        "build = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(build)\n"
        "text = Path(sys.argv[2]).read_text(encoding='utf-8')\n"
        "build.execute(build.build_notebook(text), sys.argv[3])\n"
    )
    # In a separate process, so that no kernel outlives the test.
    result = subprocess.run(
        [sys.executable, "-c", code, FOLDER / "build.py", script, folder],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("script", ORIGINALS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_an_empty_folder(script, tmp_path):
    run_notebook(script, tmp_path)
    # All that it writes is in the folder that it empties at the start.
    written = {path.name for path in tmp_path.iterdir()}
    assert written <= {f"{script.stem[:2]}_files"}


@pytest.mark.slow
def test_a_notebook_runs_twice_in_the_same_folder(tmp_path):
    # Of those that write files, the one without a training.
    script = FOLDER / "01_stylize.py"
    own = tmp_path / "mine.txt"
    own.write_text("kept")
    runs = []
    for _ in range(2):
        run_notebook(script, tmp_path)
        files = sorted(path.name for path in (tmp_path / "01_files").rglob("*"))
        runs.append(files)
        (tmp_path / "01_files" / "left_from_before.txt").touch()
    assert runs[0] == runs[1] != []
    assert own.read_text() == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"01_files", "mine.txt"}
