"""Two processes on the CPU, as torchrun starts them."""

import subprocess
import sys
from pathlib import Path

import pytest
from test_training_session import losses

RUN = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[4:]
import test_training_session as here
folder, data, epochs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
resume = folder.exists()
here.train(here.request(folder, data, epochs=epochs, resume=resume), here.read, here.StopAfter())
"""


def train_on_two(script: Path, folder: Path, data: Path, epochs: int) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", script]
    arguments = [folder, data, str(epochs), Path(__file__).parent, *sys.path]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_two_processes_share_a_run_that_can_be_resumed_with_the_same_losses(tmp_path, data_folder):
    script = tmp_path / "run.py"
    script.write_text(RUN)
    train_on_two(script, tmp_path / "whole", data_folder, 3)
    whole = losses(tmp_path / "whole")
    assert [epoch for epoch, _, _ in whole] == [1, 2, 3]
    assert whole[2][1] < whole[0][1]
    train_on_two(script, tmp_path / "parts", data_folder, 2)
    assert losses(tmp_path / "parts") == whole[:2]
    train_on_two(script, tmp_path / "parts", data_folder, 3)
    assert losses(tmp_path / "parts") == whole
