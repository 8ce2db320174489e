"""What the end-to-end tests share: the built program, run as a user runs it."""
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(os.environ.get("ZOETROPE", ROOT / "build" / "zoetrope"))


@dataclass
class Result:
    code: int
    out: str
    err: str


class Zoetrope:
    """Runs the program in a folder of the test's own, without the tester's environment showing through."""

    program = PROGRAM

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}

    def __call__(self, *words, code: int = 0, seconds: float = 300) -> Result:
        """Runs `zoetrope words...` and expects this exit code."""
        done = subprocess.run([self.program, *map(str, words)], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=seconds)
        assert done.returncode == code, f"exit code {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
        return Result(done.returncode, done.stdout, done.stderr)

    def refuses(self, *words, code: int = 2) -> str:
        """Runs `zoetrope words...`, which must fail with one sentence on stderr and nothing else, and gives that sentence."""
        result = self(*words, code=code)
        assert result.out == ""
        assert result.err.startswith("zoetrope: ") and result.err.count("\n") == 1, result.err
        return result.err.removeprefix("zoetrope: ").rstrip("\n")

    def interrupted(self, *words, at: str, by: int = signal.SIGINT, times: int = 1, pause: float = 0, apart: float = 0) -> Result:
        """Starts `zoetrope words...`, sends it a signal a pause in seconds after its progress first shows `at` (a stage: "sampling"), as
        often as asked for and so many seconds apart, and waits for its end."""
        process = subprocess.Popen([self.program, *map(str, words)], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        shown = ""
        for line in process.stderr:
            shown += line
            if at in line:
                for i in range(times):
                    time.sleep(apart if i else pause)
                    process.send_signal(by)
                break
        else:
            pytest.fail(f"'{at}' was never shown:\n{shown}")
        out, err = process.communicate(timeout=120)
        return Result(process.returncode, out, shown + err)

    def files(self) -> set[str]:
        """Every file below the folder, hidden ones as well, but for the user's cache and data (~/.cache, ~/.local)."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file() and not {".cache", ".local"} & set(path.relative_to(self.folder).parts)}

    def commands(self) -> list[list[str]]:
        """Every command and command inside a command, as the program's own help lists them."""
        found, waiting = [], [[]]
        while waiting:
            words = waiting.pop()
            found.append(words)
            _, _, listed = self(*words, "--help").out.partition("\nSubcommands:\n")
            names = [line.split()[0] for line in listed.partition("\n\n")[0].splitlines() if line.startswith("  ") and not line.startswith("   ")]
            waiting += [words + [name] for name in names]
        return found


@pytest.fixture
def zoetrope(tmp_path) -> Zoetrope:
    return Zoetrope(tmp_path)
