import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9]*.py"))
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
        for name in re.findall(r"\]\((\w+\.ipynb)\)", text):
            assert (FOLDER / name).exists(), name


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


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_an_empty_folder(script, tmp_path):
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
        [sys.executable, "-c", code, FOLDER / "build.py", script, tmp_path],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
