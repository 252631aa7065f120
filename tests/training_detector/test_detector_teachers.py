"""`--teacher`: a detector learns what trained ones answer, beside the truth."""

import math

import numpy as np
import pytest
import torch

from inpaint_cli.detection import learned
from inpaint_cli.errors import ModelError
from training.checkpoints import Checkpoint, write_checkpoint
from training.detector import teachers
from training.detector.network import DamageUNet
from training.detector.teachers import Teachers
from training.networks import NetworkConfig, build_network

PHOTO, LABEL = torch.full((2, 3, 32, 32), 0.5), torch.zeros(2, 1, 32, 32)


def says(probability):
    """A detector that gives every pixel the same probability."""
    network = DamageUNet((8, 12), (0, 0, 0))
    with torch.no_grad():
        network.head.bias.fill_(math.log(probability / (1 - probability)))
    return network.eval()


def test_without_teachers_the_truth_is_learned():
    assert Teachers().target(PHOTO, LABEL, np.random.default_rng(1)) is LABEL


def test_what_is_learned_lies_half_way_between_the_truth_and_the_teacher():
    target = Teachers((says(0.4),)).target(PHOTO, LABEL, np.random.default_rng(1))
    torch.testing.assert_close(target, torch.full((2, 1, 32, 32), 0.2))
    target = Teachers((says(0.4),)).target(PHOTO, LABEL + 1, np.random.default_rng(1))
    torch.testing.assert_close(target, torch.full((2, 1, 32, 32), 1.0))


def test_of_two_teachers_either_one_has_the_second_look():
    teachers = Teachers((says(0.2), says(0.6)))
    rng = np.random.default_rng(1)
    answers = {round(float(teachers.target(PHOTO, LABEL, rng).mean()), 4) for _ in range(20)}
    assert answers == {0.25, 0.15}  # half of 0.2 + 0.75 * 0.4, and of 0.6 - 0.75 * 0.4


def test_a_teacher_is_not_taught_itself():
    target = Teachers((says(0.4),)).target(PHOTO, LABEL, np.random.default_rng(1))
    assert not target.requires_grad


def test_teachers_are_read_from_checkpoints(tmp_path):
    file = tmp_path / "teacher.safetensors"
    described = {
        "architecture": "damage-unet", "channels": [8, 12], "blocks": [0, 0, 0], "sees_mask": False,
        "sees_guide": False,
    }  # fmt: skip
    write_checkpoint(file, Checkpoint("detector", described, says(0.4).state_dict(), {}))
    teachers = Teachers.read([file], torch.device("cpu"))
    target = teachers.target(PHOTO, LABEL, np.random.default_rng(1))
    torch.testing.assert_close(target, torch.full((2, 1, 32, 32), 0.2))


def test_a_checkpoint_of_another_network_can_not_teach(tmp_path):
    file = tmp_path / "pconv.safetensors"
    config = NetworkConfig(architecture="vanilla-autoencoder")
    write_checkpoint(file, Checkpoint("vanilla", config.as_dict(), build_network(config).state_dict(), {}))
    with pytest.raises(ModelError, match=r"pconv\.safetensors holds no detector"):
        Teachers.read([file], torch.device("cpu"))


def test_the_second_look_counts_as_much_as_where_the_detector_is_used():
    assert teachers.SECOND_LOOK == learned.SECOND_LOOK
