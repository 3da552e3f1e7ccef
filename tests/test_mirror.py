from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "animegan_tf"
# It has no more than the call of `main`, which runs in a process of its own.
LEFT_OUT = ("__init__.py", "__main__.py")


def test_every_module_has_tests_of_its_name():
    missing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        folder = path.relative_to(PACKAGE).parent
        tests = Path("tests", folder, f"test_{path.name}")
        if path.name not in LEFT_OUT and not (ROOT / tests).is_file():
            missing.append(tests.as_posix())
    assert not missing, f"no tests in {', '.join(missing)}"
