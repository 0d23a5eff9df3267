"""Learning in stages: replay lowers forgetting."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training_fixtures import QUICK, labelled, opinions, write_rows

from unmet.core.config import ReplayConfig
from unmet.core.errors import InputError
from unmet.training.continual import learn_in_stages, with_replay
from unmet.training.task_data import split_task
from unmet.training.tuned_models import load_tuned


@pytest.fixture
def stages(tmp_path: Path) -> dict[str, Path]:
    """Two domains that disagree: the second has the other half of the words, with labels turned round.

    Whatever is learnt of "turned round" spreads to the words of the first domain unless those are replayed.
    """
    first = opinions(200, 1, words=slice(0, 12))
    second = [(t, 1 - y) for t, y in opinions(200, 2, words=slice(13, 25))]
    return {"phones": labelled(tmp_path / "a.jsonl", first), "books": labelled(tmp_path / "b.jsonl", second)}


def test_replay_lowers_forgetting(opinion_base: Path, stages: dict[str, Path], tmp_path: Path) -> None:
    config = replace(QUICK, epochs=6, patience=6)
    found = {
        share: learn_in_stages(
            opinion_base, stages, tmp_path / str(share), config=config, how=ReplayConfig(replay_share=share)
        )
        for share in (0.0, 0.3)
    }
    assert found[0.0].forgetting["forgetting"] > 0.2
    assert found[0.3].forgetting["forgetting"] < 0.5 * found[0.0].forgetting["forgetting"]
    assert found[0.3].forgetting["backward_transfer"] > found[0.0].forgetting["backward_transfer"]
    assert found[0.3].matrix[-1, 1] > 0.8  # and the new domain is learnt
    assert found[0.3].matrix.shape == (3, 2)
    told = json.loads((tmp_path / "0.3/finetune.json").read_text())["continual"]
    assert np.allclose(told["matrix"], found[0.3].matrix, atol=1e-6)
    assert list(load_tuned(tmp_path / "0.3").tasks) == ["task"]


def test_tasks_have_heads_of_their_own(opinion_base: Path, stages: dict[str, Path], tmp_path: Path) -> None:
    rows = [{"text": t, "stars": 1.0 + 4 * y} for t, y in opinions(150, 3)]
    files = {"phones": stages["phones"], "stars": write_rows(tmp_path / "stars.jsonl", rows)}
    how = ReplayConfig(replay_share=0.2, shared_head=False)
    done = learn_in_stages(opinion_base, files, tmp_path / "out", config=QUICK, how=how)
    assert list(load_tuned(tmp_path / "out").tasks) == ["phones", "stars"]
    assert done.matrix[-1].min() > 0.6
    with pytest.raises(InputError, match="different kinds"):
        learn_in_stages(opinion_base, files, tmp_path / "no", config=QUICK, how=ReplayConfig())
    with pytest.raises(InputError, match="no sequence"):
        learn_in_stages(opinion_base, {"a": stages["phones"]}, tmp_path / "no", config=QUICK, how=how)


def test_the_buffer_holds_its_share_of_earlier_rows_only(stages: dict[str, Path]) -> None:
    rows = [split_task("task", path, None, QUICK) for path in stages.values()]
    (mixed,) = with_replay(rows, ReplayConfig(replay_share=0.1), seed=0)
    earlier = set(rows[0].train.texts)
    n = round(0.1 * len(rows[0].train))
    assert len(mixed.train) == len(rows[1].train) + n
    assert set(mixed.train.texts[-n:]) <= earlier
    assert mixed.dev is rows[1].dev
    assert not set(rows[0].dev.texts) & set(mixed.train.texts[-n:])
