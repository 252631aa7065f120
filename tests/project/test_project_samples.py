"""The samples that the README's first command restores."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SAMPLES = Path(__file__).parents[2] / "samples"
PHOTOS = sorted((SAMPLES / "photos").iterdir())


def test_there_are_a_few_photos_and_they_are_small():
    assert [photo.name for photo in PHOTOS] == ["cat.jpg", "coffee.jpg", "portrait.jpg", "rocket.png"]
    assert sum(file.stat().st_size for file in SAMPLES.rglob("*") if file.is_file()) < 1_500_000


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)
def test_every_photo_has_a_mask_of_its_size_and_names_its_author(photo):
    mask = np.asarray(Image.open(SAMPLES / "masks" / f"{photo.stem}.png").convert("L"))
    assert mask.shape == Image.open(photo).size[::-1]
    assert 0.01 < (mask > 127).mean() < 0.25
    assert f"`{photo.name}`" in (SAMPLES / "README.md").read_text()


def test_the_samples_can_be_drawn_again(tmp_path):
    pytest.importorskip("skimage")
    from benchmarks.make_samples import main

    main(tmp_path)
    drawn = np.asarray(Image.open(tmp_path / "photos" / "rocket.png")).astype(int)
    shipped = np.asarray(Image.open(SAMPLES / "photos" / "rocket.png")).astype(int)
    assert np.abs(drawn - shipped).max() <= 1
