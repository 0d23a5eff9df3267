import json

import numpy as np
import pytest

from unmet.core.errors import ModelError
from unmet.models.package import arrays_hash, load_package, package_version, save_package

MANIFEST = {"name": "toy", "version": "3", "task": "toy", "labels": ["a"], "training_data": ["made up"]}
ARRAYS = {"weights": np.arange(6, dtype=np.int8).reshape(2, 3), "names": np.array(["a", "好"])}


@pytest.fixture
def folder(tmp_path):
    save_package(tmp_path / "toy", MANIFEST, ARRAYS)
    return tmp_path / "toy"


def test_round_trip(folder):
    package = load_package(folder)
    assert package.version == package_version(folder) == "toy@3"
    assert package.manifest["training_data"] == ["made up"]
    for name, array in ARRAYS.items():
        assert (package.arrays[name] == array).all()
        assert package.arrays[name].dtype == array.dtype


def test_same_content_same_bytes(folder, tmp_path):
    save_package(tmp_path / "again", MANIFEST, ARRAYS)
    for name in ("manifest.json", "weights.npz"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_hash_sees_values_names_types_and_shapes():
    base = arrays_hash({"x": np.zeros(4, np.int8)})
    others = [
        {"x": np.array([0, 0, 0, 1], np.int8)},
        {"y": np.zeros(4, np.int8)},
        {"x": np.zeros(1, np.int32)},
        {"x": np.zeros((2, 2), np.int8)},
    ]
    assert all(arrays_hash(other) != base for other in others)


def test_changed_weights_are_refused(folder):
    np.savez(folder / "weights.npz", **{**ARRAYS, "weights": ARRAYS["weights"] + 1})
    with pytest.raises(ModelError, match="does not match the hash"):
        load_package(folder)


@pytest.mark.parametrize("name", ["manifest.json", "weights.npz"])
@pytest.mark.parametrize("damage", [None, b"", b"\x80\x04garbage"])
def test_damaged_files_are_named(folder, name, damage):
    if damage is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(damage)
    with pytest.raises(ModelError, match=name):
        load_package(folder)


def test_pickled_arrays_are_never_loaded(folder):
    np.savez(folder / "weights.npz", weights=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelError, match="cannot be read"):
        load_package(folder)
    with pytest.raises(ModelError, match="Arrays of objects"):
        save_package(folder, MANIFEST, {"x": np.array([None])})


def test_missing_key_and_newer_format(folder):
    with pytest.raises(ModelError, match="lacks labels"):
        save_package(folder, {k: v for k, v in MANIFEST.items() if k != "labels"}, ARRAYS)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}), "utf-8")
    with pytest.raises(ModelError, match="format 99"):
        load_package(folder)


def test_no_folder_at_all(tmp_path):
    with pytest.raises(ModelError, match="no model package"):
        load_package(tmp_path / "nothing")
