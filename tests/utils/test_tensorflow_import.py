import subprocess
import sys


def _stderr_of(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stderr


def test_import_says_nothing_and_later_messages_are_heard():
    code = (
        "import sys, animegan_tf\n"
        "animegan_tf.import_tensorflow_quietly()\n"
        "assert 'tensorflow' in sys.modules\n"
        "print('heard', file=sys.stderr)"
    )
    assert _stderr_of(code) == "heard\n"
