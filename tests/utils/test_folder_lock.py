import subprocess
import sys

from animegan_tf.utils.folder_lock import LOCK_NAME, FolderLock

HOLD = """
import sys
from animegan_tf.utils.folder_lock import FolderLock
print(FolderLock(sys.argv[1]).acquire(), flush=True)
lock = FolderLock(sys.argv[2])
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_folder_has_one_lock_at_a_time(tmp_path):
    first, second = FolderLock(tmp_path / "a"), FolderLock(tmp_path / "a")
    assert first.acquire() and first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    first.release()
    assert not FolderLock(tmp_path / "a").acquire()
    second.release()


def test_released_lock_leaves_no_file_and_no_empty_folder(tmp_path):
    lock = FolderLock(tmp_path / "a")
    assert lock.acquire()
    assert (tmp_path / "a" / LOCK_NAME).exists()
    lock.release()
    assert not (tmp_path / "a").exists()
    assert lock.acquire()
    (tmp_path / "a" / "file").touch()
    lock.release()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


def test_lock_of_a_killed_process_is_free(tmp_path):
    own = FolderLock(tmp_path / "a")
    assert own.acquire()
    command = [sys.executable, "-c", HOLD, str(tmp_path / "a"), str(tmp_path / "b")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "False\n"
        assert process.stdout.readline() == "True\n"
        other = FolderLock(tmp_path / "b")
        assert not other.acquire()
        process.kill()
        process.wait()
    assert (tmp_path / "b" / LOCK_NAME).exists()
    assert other.acquire()
    other.release()
    own.release()
