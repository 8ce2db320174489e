"""Requests that are drawn from /openapi.json (schemathesis): no answer is a 5xx, and each is as the document says. `make proof-http` asks for longer."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from serve_test import Server

# Not checked: that whatever fits the document is accepted. It cannot say which sizes, lengths and names a model has.
WITHOUT = "positive_data_acceptance"
# What waits for a clip or never ends.
SLOW = "sync|images/generations|/events"


@pytest.mark.parametrize("key", [None, "a-key-of-the-test"])
def test_answers_are_as_the_document_says(zoetrope, key):
    (zoetrope.folder / "keys").write_text(key or "")
    words = ["--api-key-file", "keys"] if key else []
    with Server(zoetrope, "--workers", 0, "--max-queue", 1_000_000, *words, key=key) as server:
        headers = ["-H", f"Authorization: Bearer {key}"] if key else []
        run = subprocess.run([os.environ.get("SCHEMATHESIS", Path(sys.executable).parent / "schemathesis"), "run", server.url + "/openapi.json", "--exclude-checks", WITHOUT, "--exclude-path-regex", SLOW,
                              "--max-examples", os.environ.get("SCHEMA_EXAMPLES", "3"), "--seed", os.environ.get("SCHEMA_SEED", "1"), "--request-timeout", "30", "--no-color", *headers],
                             cwd=zoetrope.folder, env={**zoetrope.environment, "PYTHONWARNINGS": "ignore"}, capture_output=True, text=True)
        assert run.returncode == 0, "\n".join(line[:300] for line in run.stdout.splitlines())
        assert server.process.poll() is None
        tested = int(re.search(r"Tested: (\d+)", run.stdout).group(1))
        assert tested >= 26
        if os.environ.get("SCHEMA_EXAMPLES"):
            print(re.search(r"Test cases:\n(.*)", run.stdout).group(1).strip())
        for line in server.lines():
            assert not (line["event"] == "answered" and line["status"] >= 500), line
