import pytest


@pytest.fixture
def assert_error_line(capsys):
    """Function that checks that the error output is one line with the given parts."""

    def check(*parts):
        error = capsys.readouterr().err
        assert error.startswith("animegan-tf: error: ")
        assert error.count("\n") == 1
        for part in parts:
            assert part in error

    return check
