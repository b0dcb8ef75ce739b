from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cinemotion.core.errors import BadInputError
from cinemotion.core.hashing import hash_bytes, hash_file, hash_json
from cinemotion.core.registry import Registry
from cinemotion.core.types import Faces, Shot, Timestamp


def test_a_timestamp_is_exact_where_a_rate_is_not() -> None:
    ntsc = Fraction(1001, 24000)
    assert Timestamp(24000, ntsc).exact == 1001
    assert Timestamp(90 * 60 * 24, ntsc).seconds == pytest.approx(5405.4)


def test_a_time_base_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Timestamp(0, Fraction(0))


def test_a_shot_must_not_end_before_it_starts() -> None:
    base = Fraction(1, 25)
    with pytest.raises(ValueError, match="before it starts"):
        Shot(Timestamp(5, base), Timestamp(4, base), 5, 4)


def test_faces_check_their_shapes() -> None:
    assert len(Faces.empty()) == 0
    with pytest.raises(ValueError, match="shapes"):
        Faces(
            np.zeros((2, 4), np.float32), np.zeros(1, np.float32), np.zeros((2, 5, 2), np.float32)
        )


def test_faces_are_selected_and_moved_together() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 1, 5, 7]], np.float32)
    faces = Faces(boxes, np.array([0.9, 0.6], np.float32), np.ones((2, 5, 2), np.float32))
    moved = faces[faces.scores < 0.8].shifted(10, 20, scale=2)
    assert moved.boxes.tolist() == [[12, 22, 20, 34]]
    assert moved.landmarks[0, 0].tolist() == [12, 22]
    assert moved.boxes.dtype == np.float32
    assert faces.boxes.tolist() == boxes.tolist()


def test_hashes_are_those_of_the_standard(tmp_path: Path) -> None:
    # FIPS 180-2, appendix B.1
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "abc").write_bytes(b"abc")
    assert hash_bytes(b"abc") == abc
    assert hash_file(tmp_path / "abc") == abc


def test_equal_values_give_equal_hashes_whatever_the_order() -> None:
    assert hash_json({"a": 1, "b": [1, 2]}) == hash_json({"b": [1, 2], "a": 1})
    assert hash_json({"a": 1}) != hash_json({"a": 2})


def test_an_unknown_name_answers_with_the_choices() -> None:
    things = Registry("thing", {"one": "pathlib:Path", "two": "pathlib:PurePath"})
    assert things.load("one") is Path
    assert list(things) == ["one", "two"]
    assert "three" not in things
    with pytest.raises(BadInputError, match="unknown thing 'three'; choose one of: one, two"):
        things.load("three")


def test_a_lean_process_makes_arrays_without_pandas() -> None:
    code = (
        "from cinemotion.core.lean import go_lean; go_lean()\n"
        "import sys, pyarrow, lance\n"
        "print(pyarrow.array([1, 2]).to_pylist(), 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[1, 2] False"
