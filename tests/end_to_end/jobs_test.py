"""`zoetrope work`: jobs end exactly once, whatever dies; wrong use is a sentence. `make proof-jobs` is the long form."""
import random

import pytest
from job_proof import Postgres, prove


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_job_ends_exactly_once_while_workers_are_killed(tmp_path, database):
    if database == "postgresql" and not Postgres.programs():
        pytest.skip("PostgreSQL is not installed; tools/setup.sh tests installs it")
    figures = prove(tmp_path, database, jobs=12, workers=2, seed=random.randrange(10**6), pause=1, away=1)
    print(figures)
    assert figures["completed"] > 0


def test_wrong_use_is_one_sentence(zoetrope):
    assert "--models names 'none', which is not on this machine" in zoetrope.refuses("work", "--data", "d", "--models", "none")
    (zoetrope.folder / "letter").write_text("dear database, " * 400)
    assert "letter' is not a table of jobs" in zoetrope.refuses("work", "--data", "d", "--jobs", "letter")
    assert "cannot be reached" in zoetrope.refuses("work", "--data", "d", "--jobs", "postgresql://me:secret@127.0.0.1:1/x", code=1)
    assert "--lease must be a number above 0" in zoetrope.refuses("work", "--data", "d", "--lease", "0")
