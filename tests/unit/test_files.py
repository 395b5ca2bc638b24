"""Files appear whole or not at all, whatever happens between."""

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

import pytest

from soundworks.errors import UserError
from soundworks.files import (
    atomic_dir,
    atomic_members,
    atomic_path,
    atomic_text,
    link_or_copy,
    refuse_stranger,
    sha256_of,
    write_bytes,
)


class KilledError(BaseException):
    """What no `except Exception` catches, like an interrupt."""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


class TestAtomicFiles:
    def test_a_file_appears_at_the_end_and_folders_are_made(self, tmp_path):
        path = tmp_path / "a" / "b" / "table.csv"
        with atomic_text(path) as stream:
            stream.write("é\n")
            stream.flush()
            assert not path.exists()
        assert path.read_bytes() == "é\n".encode()
        assert names(path.parent) == ["table.csv"]

    @pytest.mark.parametrize("error", [ValueError, KilledError, KeyboardInterrupt])
    def test_on_any_error_the_old_file_stays_and_nothing_else(self, tmp_path, error):
        path = tmp_path / "table.csv"
        path.write_text("old")

        def write():
            with atomic_text(path) as stream:
                stream.write("new")
                raise error

        with pytest.raises(error):
            write()
        assert path.read_text() == "old"
        assert names(tmp_path) == ["table.csv"]

    def test_an_error_without_a_name_gets_the_files(self, tmp_path):
        with pytest.raises(OSError, match="No space left") as error, atomic_path(tmp_path / "table.csv"):
            full_disk()
        assert error.value.filename == str(tmp_path / "table.csv")

    def test_an_error_with_a_name_keeps_it(self, tmp_path):
        with pytest.raises(FileNotFoundError) as error, atomic_path(tmp_path / "table.csv"):
            (tmp_path / "other").read_text()
        assert error.value.filename == str(tmp_path / "other")

    def test_what_a_killed_process_left_is_cleared_away(self, tmp_path):
        for name, leave in (("folder", os.mkdir), ("table", os.mkdir)):
            leave(tmp_path / f".{name}.partial")
        with atomic_dir(tmp_path / "folder") as folder:
            (folder / "a").write_text("a")
        with atomic_text(tmp_path / "table") as stream:
            stream.write("b")
        assert names(tmp_path) == ["folder", "table"]
        assert names(tmp_path / "folder") == ["a"]


class TestAtomicFolders:
    def test_a_folder_replaces_the_old_one(self, tmp_path):
        for content in ("old", "new"):
            with atomic_dir(tmp_path / "folder") as folder:
                (folder / content).write_text(content)
        assert names(tmp_path / "folder") == ["new"]
        assert names(tmp_path) == ["folder"]

    @pytest.mark.parametrize("error", [ValueError, KilledError, KeyboardInterrupt])
    def test_on_any_error_the_old_folder_stays_whole(self, tmp_path, error):
        with atomic_dir(tmp_path / "folder") as folder:
            (folder / "old").write_text("old")

        def write():
            with atomic_dir(tmp_path / "folder") as folder:
                (folder / "new").write_text("new")
                raise error

        with pytest.raises(error):
            write()
        assert names(tmp_path / "folder") == ["old"]
        assert names(tmp_path) == ["folder"]

    def test_a_kill_while_the_old_folder_is_removed_leaves_no_part_of_it_in_place(self, tmp_path, monkeypatch):
        with atomic_dir(tmp_path / "folder") as folder:
            (folder / "old").write_text("old")

        def killed(*_, **__):
            raise KilledError

        def write():
            with atomic_dir(tmp_path / "folder") as folder:
                (folder / "new").write_text("new")
                monkeypatch.setattr("shutil.rmtree", killed)

        with pytest.raises(KilledError):
            write()
        assert names(tmp_path / "folder") == ["new"]

    def test_a_folder_that_is_a_link_is_replaced_and_its_target_left_alone(self, tmp_path):
        (tmp_path / "disk").mkdir()
        (tmp_path / "disk" / "precious").write_text("precious")
        (tmp_path / "folder").symlink_to(tmp_path / "disk")
        with atomic_dir(tmp_path / "folder") as folder:
            (folder / "new").write_text("new")
        assert names(tmp_path) == ["disk", "folder"]
        assert names(tmp_path / "folder") == ["new"]
        assert names(tmp_path / "disk") == ["precious"]


class TestWriteBytes:
    def test_a_file_is_written_and_written_over(self, tmp_path):
        path = f"{tmp_path}/a.wav"
        for content in (b"longer", b"", b"short"):
            write_bytes(path, content)
            assert (tmp_path / "a.wav").read_bytes() == content

    def test_what_the_system_takes_a_part_at_a_time_is_whole(self, tmp_path, monkeypatch):
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:7]))
        write_bytes(f"{tmp_path}/a.wav", bytes(range(100)))
        assert (tmp_path / "a.wav").read_bytes() == bytes(range(100))

    def test_a_full_disk_names_the_file(self, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "write", full_disk)
        with pytest.raises(OSError, match="No space left") as error:
            write_bytes(f"{tmp_path}/a.wav", b"content")
        assert error.value.filename == f"{tmp_path}/a.wav"


def test_checksum_is_the_files_also_over_several_blocks(tmp_path):
    content = bytes(range(256)) * 10_000
    (tmp_path / "a").write_bytes(content)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()
    (tmp_path / "a").write_bytes(b"")
    assert sha256_of(tmp_path / "a") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class TestLinks:
    def test_a_link_shares_the_file(self, tmp_path):
        (tmp_path / "a").write_text("a")
        link_or_copy(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "a").samefile(tmp_path / "b")

    def test_a_link_replaces_what_was_there(self, tmp_path):
        (tmp_path / "a").write_text("a")
        (tmp_path / "b").write_text("b")
        link_or_copy(f"{tmp_path}/a", f"{tmp_path}/b")
        assert (tmp_path / "b").read_text() == "a"

    def test_where_links_are_unknown_the_file_is_copied(self, tmp_path, monkeypatch):
        def refuse(*_):
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        (tmp_path / "a").write_text("a")
        link_or_copy(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "b").read_text() == "a"
        assert not (tmp_path / "a").samefile(tmp_path / "b")


class TestRefuseStranger:
    def test_nothing_an_empty_folder_and_an_earlier_result_may_be_replaced(self, tmp_path):
        earlier = tmp_path / "earlier"
        earlier.mkdir()
        refuse_stranger(earlier, "model.json")
        (earlier / "model.json").write_text("{}")
        (earlier / "weights.h5").write_text("")
        refuse_stranger(earlier, "model.json")
        refuse_stranger(tmp_path / "new", "model.json")

    @pytest.mark.parametrize("name", ["folder", "file", "link"])
    def test_what_is_not_ours_stays(self, tmp_path, name):
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "thesis.txt").write_text("all of it")
        (tmp_path / "file").write_text("all of it")
        (tmp_path / "link").symlink_to("nowhere")
        with pytest.raises(UserError, match=f"{name}: found something else there, expected a new folder"):
            refuse_stranger(tmp_path / name, "model.json")

    @pytest.mark.parametrize("path", ["", ".", "..", "a/..", "/"])
    def test_a_folder_needs_a_name(self, path):
        with pytest.raises(UserError, match="expected a path that ends in its name"):
            refuse_stranger(Path(path), "model.json")


def test_members_appear_beside_others_and_the_mark_comes_last(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("stays")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "old").write_text("goes")
    (tmp_path / "mark.json").write_text("old")

    with atomic_members(tmp_path, "mark.json") as members:
        (members / "part").mkdir()
        (members / "part" / "new").write_text("new")
        (members / "mark.json").write_text("new")
        assert (tmp_path / "mark.json").read_text() == "old"

    assert sorted(path.name for path in tmp_path.iterdir()) == ["mark.json", "other.txt", "part"]
    assert [path.name for path in (tmp_path / "part").iterdir()] == ["new"]
    assert (tmp_path / "mark.json").read_text() == "new"


def test_members_vanish_on_an_error(tmp_path: Path) -> None:
    (tmp_path / "mark.json").write_text("old")

    with suppress(RuntimeError), atomic_members(tmp_path, "mark.json") as members:
        (members / "mark.json").write_text("new")
        raise RuntimeError

    assert [path.name for path in tmp_path.iterdir()] == ["mark.json"]
    assert (tmp_path / "mark.json").read_text() == "old"


def test_members_of_strangers_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "mine").write_text("precious")

    with pytest.raises(UserError, match=rf"^{tmp_path}/part: found something else there"), \
            atomic_members(tmp_path, "mark.json", ("mark.json", "part")):  # fmt: skip
        pytest.fail("it was let in")

    assert (tmp_path / "part" / "mine").read_text() == "precious"


def test_members_that_a_killed_run_was_about_to_replace_are_ours(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / ".mark.json.members").mkdir()

    with atomic_members(tmp_path, "mark.json", ("mark.json", "part")) as members:
        (members / "mark.json").write_text("new")

    assert (tmp_path / "mark.json").read_text() == "new"


def test_two_processes_cannot_replace_members_at_once(tmp_path: Path) -> None:
    with atomic_members(tmp_path, "mark.json") as members:
        with pytest.raises(UserError, match="another run is writing there"), atomic_members(tmp_path, "mark.json"):
            pytest.fail("it was let in")
        (members / "mark.json").write_text("first")

    assert (tmp_path / "mark.json").read_text() == "first"
