"""Files of settings: which defaults they give, and what of them is refused."""

import os
from pathlib import Path

import pytest


class TestConfigurationFile:
    def test_it_gives_defaults_and_the_command_line_wins(self, archive, inpaint, tiny_model) -> None:
        root = archive("a.png")
        (root / "inpaint-cli.toml").write_text(
            f'model = "{tiny_model}"\n[restore]\nmask-dir = "masks"\noutput = "from-file"\n'
        )
        assert inpaint("restore", "photos").code == 0
        assert (root / "from-file/a.png").exists()
        assert inpaint("restore", "photos", "-o", "from-line").code == 0
        assert (root / "from-line/a.png").exists()

    def test_no_config_takes_nothing_from_it(self, archive, inpaint, tiny_model) -> None:
        root = archive("a.png")
        (root / "inpaint-cli.toml").write_text('[restore]\nmask-dir = "masks"\noutput = "from-file"\n')
        mask = ("--mask", "masks/a.png", "--model", tiny_model)
        refused = inpaint("restore", "photos/a.png", *mask)
        assert refused.code == 2 and "--mask and --mask-dir exclude each other" in refused.stderr
        assert inpaint("--no-config", "restore", "photos/a.png", *mask, "-o", "out").code == 0
        assert (root / "out/a.png").exists() and not (root / "from-file").exists()

    def test_pyproject_has_a_section_for_it(self, archive, inpaint, tiny_model) -> None:
        root = archive("a.png")
        (root / "pyproject.toml").write_text(
            f'[tool.inpaint-cli]\nmodel = "{tiny_model}"\n[tool.inpaint-cli.restore]\nmask-dir = "masks"\n'
        )
        assert inpaint("restore", "photos").code == 0

    @pytest.mark.parametrize("text", ["tool = 3", "[tool]\ninpaint-cli = 3", "[project]\nname = 'a'"])
    def test_a_pyproject_without_a_section_says_nothing(self, archive, inpaint, tiny_model, text) -> None:
        root = archive("a.png")
        (root / "pyproject.toml").write_text(text)
        assert inpaint("restore", "photos", "--mask-dir", "masks", "--model", str(tiny_model)).code == 0

    def test_a_flag_with_an_opposite_has_one_key(self, tmp_path, inpaint) -> None:
        (tmp_path / "inpaint-cli.toml").write_text("[train]\ncompile = true\n")
        ended = inpaint("train", "--model", "pconv", "--data", "nothing.bin")
        assert ended.code == 5 and "nothing.bin" in ended.stderr

    def test_a_flag_that_may_be_given_often_takes_one_or_a_list(self, tmp_path, inpaint) -> None:
        for data in ('"nothing.bin"', '["nothing.bin"]'):
            (tmp_path / "inpaint-cli.toml").write_text(f"[train]\ndata = {data}\n")
            ended = inpaint("train", "--model", "pconv")
            assert ended.code == 5 and "nothing.bin" in ended.stderr
        (tmp_path / "inpaint-cli.toml").write_text('[train]\ndata = ["nothing.bin", 3]\n')
        assert "inpaint-cli.toml: data = 3 must be a" in inpaint("train", "--model", "pconv").stderr

    def test_show_config_says_what_is_in_effect_and_from_where(self, archive, inpaint) -> None:
        root = archive("a.png")
        (root / "inpaint-cli.toml").write_text("[restore]\njobs = 3\n")
        text = inpaint("restore", "--overwrite", "--show-config").stdout.decode()
        assert "jobs = 3  # inpaint-cli.toml" in text
        assert "overwrite = true  # command line" in text
        assert 'backend = "onnx"  # default' in text

    def test_its_keys_are_the_flags_whatever_they_are_called_inside(self, tmp_path, inpaint) -> None:
        (tmp_path / "inpaint-cli.toml").write_text("[models]\njson = true\n")
        assert inpaint("models").stdout.startswith(b"[")

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('jobs = "two"', 'jobs = "two" must be a whole number'),
            ("jobs = true", "jobs = true must be a whole number"),
            ('sensitivity = "high"', 'sensitivity = "high" must be a number'),
            ("[restore]\noverwrite = 1", "overwrite = 1 must be true or false"),
            ("[restore]\nmask-dir = 3", "mask-dir = 3 must be a path in quotes"),
        ],
    )
    def test_a_value_of_a_wrong_type_is_traced_to_it(self, archive, inpaint, text: str, told: str) -> None:
        root = archive("a.png")
        (root / "inpaint-cli.toml").write_text(text)
        ended = inpaint("restore", "photos")
        assert ended.code == 2 and f"inpaint-cli.toml: {told}" in ended.stderr

    @pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda file: file.symlink_to("nowhere")])
    @pytest.mark.parametrize("name", ["inpaint-cli.toml", "pyproject.toml"])
    def test_what_is_no_file_is_not_passed_over(self, archive, inpaint, make, name: str) -> None:
        root = archive("a.png")
        make(root / name)
        ended = inpaint("restore", "photos", "--dry-run")
        assert ended.code == 2 and ended.stderr.startswith(
            f"inpaint-cli: error: {name}: is no file, or a link"
        )
        assert inpaint("--no-config", "restore", "photos", "--dry-run").code == 0

    @pytest.mark.parametrize(
        "text", ["[restore]\nspeed = 1", "speed = 1", "[walk]\na = 1", "jobs = ", "a = 1\n"]
    )
    def test_what_cannot_be_meant_is_refused(self, archive, inpaint, text: str) -> None:
        root = archive("a.png")
        (root / "inpaint-cli.toml").write_text(text)
        ended = inpaint("restore", "photos")
        assert ended.code == 2 and "inpaint-cli.toml" in ended.stderr
