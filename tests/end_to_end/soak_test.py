"""The short form of `make proof-soak`."""
from soak import check, soak


def test_memory_stays_what_it_is(tmp_path):
    check(soak(tmp_path, 60), .2)
