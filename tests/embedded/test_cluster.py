"""A cluster that cannot be opened is a sentence, and its data are left alone."""

from pathlib import Path

import pytest

from config.embedded import postgres
from config.embedded.children import Identity
from config.embedded.postgres import Postgres, why_initdb_failed
from config.embedded.trouble import Trouble


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """The folder of a cluster made by PostgreSQL 18, with a program that is 18 too."""
    monkeypatch.setattr(postgres.binaries, "major_version", lambda _: 18)
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")
    (tmp_path / "postgres.json").write_text("{}")
    return Postgres(Path("/nowhere"), tmp_path, tmp_path, None)


def test_a_cluster_of_ours_is_kept(cluster):
    assert cluster.create() is False


@pytest.mark.parametrize("version", ["17", "19"])
def test_data_of_another_version_are_named_and_kept(cluster, version):
    (cluster.data / "PG_VERSION").write_text(f"{version}\n")

    with pytest.raises(Trouble, match=f"made by PostgreSQL {version}, and this is 18") as refused:
        cluster.create()

    assert refused.value.mend == f"rm -r {cluster.folder}"
    assert cluster.data.exists()


def test_data_that_were_never_prepared_are_laid_out_anew(cluster, monkeypatch):
    monkeypatch.setattr(Postgres, "_initdb", lambda self, fresh, word, version: None)
    cluster.unfinished.touch()

    assert cluster.create() is True
    assert list(cluster.data.iterdir()) == []
    assert cluster.unfinished.exists()


def test_data_of_another_user_are_not_opened(cluster):
    somebody = Postgres(Path("/nowhere"), cluster.folder, cluster.folder, Identity(12345, 12345))

    with pytest.raises(Trouble, match="belongs to another user"):
        somebody.create()


def test_data_without_their_passwords_are_not_opened(cluster):
    (cluster.folder / "postgres.json").unlink()

    with pytest.raises(Trouble, match="without it the data cannot be opened"):
        cluster.create()


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        ("initdb: error: could not write: No space left on device\n", "The disk is full."),
        (
            "creating directory … \ninitdb: error: could not access directory\n",
            "PostgreSQL could not lay out its data: initdb: error: could not access directory",
        ),
        ("", "PostgreSQL could not lay out its data: it gave no reason"),
    ],
)
def test_why_a_cluster_could_not_be_made_is_one_sentence(complaint, sentence, tmp_path):
    assert why_initdb_failed(complaint, tmp_path).sentence == sentence
