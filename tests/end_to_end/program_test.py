"""The program as a newcomer meets it: version, help, wrong use, configuration, completion."""
import subprocess

import pytest


def test_tells_its_version(zoetrope):
    assert zoetrope("--version").out.startswith("zoetrope 0.")


def test_every_command_has_help_with_examples(zoetrope):
    commands = zoetrope.commands()
    assert ["completion"] in commands
    for words in commands:
        text = zoetrope(*words, "--help").out
        if words:
            assert "Example" in text and "zoetrope " + " ".join(words) in text, f"{words} shows no example"


@pytest.mark.parametrize("words, sentence", [
    ([], "A subcommand is required"),
    (["levitate"], "there is no command 'levitate'"),
    (["--levitate"], "there is no flag '--levitate'"),
    (["completion", "bash", "--levitate"], "there is no flag '--levitate'"),
    (["completion", "fish"], "shell must be one of bash, got 'fish'"),
    (["completion", "bash", "more"], "'more' is one word too many"),
    (["completion"], "shell is required"),
])
def test_wrong_use_is_one_sentence_that_names_the_value_and_the_help(zoetrope, words, sentence):
    told = zoetrope.refuses(*words)
    assert sentence in told
    assert told.endswith("--help`")


def test_flags_of_the_program_are_understood_after_the_command_too(zoetrope):
    assert zoetrope("--quiet", "completion", "bash").out == zoetrope("completion", "bash", "--quiet").out


def test_a_configuration_file_says_the_same_as_flags(zoetrope):
    (zoetrope.folder / "flags.toml").write_text('# which shell\nshell = "bash"\nquiet = true\n')
    assert zoetrope("completion", "--config", "flags.toml").out == zoetrope("completion", "bash", "--quiet").out


@pytest.mark.parametrize("text, sentence", [
    ('shell = "bash"\nsteps = 20\n', "flags.toml:2: 'steps' is not a flag of `zoetrope completion`"),
    ('shell = "bash\n', "flags.toml:1: "),
    ('[completion]\nshell = "bash"\n', "flags.toml:1: "),
    ('shell = "fish"\n', "shell must be one of bash, got 'fish'"),
])
def test_a_wrong_configuration_is_named_with_its_line(zoetrope, text, sentence):
    (zoetrope.folder / "flags.toml").write_text(text)
    assert sentence in zoetrope.refuses("completion", "--config", "flags.toml")


def test_a_missing_configuration_is_named(zoetrope):
    assert "none.toml" in zoetrope.refuses("completion", "bash", "--config", "none.toml")


def test_a_result_that_cannot_be_written_is_a_failure(zoetrope):
    with open("/dev/full", "w") as full:
        done = subprocess.run([zoetrope.program, "completion", "bash"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr.startswith("zoetrope: ")


def test_bash_completes_commands_and_flags(zoetrope):
    script = zoetrope("completion", "bash").out

    def offers(*words):
        """What bash offers when the last of these words is being typed."""
        line = f"COMP_WORDS=({' '.join(words)})\nCOMP_CWORD={len(words) - 1}\n_zoetrope\necho \"${{COMPREPLY[@]}}\""
        return subprocess.run(["bash", "--norc", "-c", script + line], capture_output=True, text=True, check=True).stdout.split()

    commands = zoetrope.commands()
    assert {words[0] for words in commands if words} <= set(offers("zoetrope", "''"))
    assert offers("zoetrope", "completion", "b") == ["bash"]
    for words in commands:
        assert {"--help", "--json"} <= set(offers("zoetrope", *words, "--"))
