"""Photos with transparency, as a user meets them: the real program with its own models."""

from pathlib import Path

import numpy as np
from PIL import Image


def cut_out(path: Path, hidden: tuple[int, int, int]) -> np.ndarray:
    """A ramp of greys, of which the right half is cut away, over a colour that nobody sees."""
    pixels = np.full((96, 128, 4), 255, np.uint8)
    pixels[..., :3] = np.linspace(90, 150, 128)[None, :, None]
    pixels[:, 64:] = (*hidden, 0)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


def scratch(path: Path) -> np.ndarray:
    """One that ends where the photo is cut off."""
    mask = np.zeros((96, 128), np.uint8)
    mask[46:50, 20:64] = 255
    Image.fromarray(mask).save(path)
    return mask > 127


def test_colours_that_nobody_sees_do_not_bleed_into_what_is_restored(inpaint, tmp_path) -> None:
    hidden = {"black": (0, 0, 0), "green": (0, 255, 0), "white": (255, 255, 255)}
    photos = {name: cut_out(tmp_path / f"photos/{name}.png", colour) for name, colour in hidden.items()}
    mask = scratch(tmp_path / "mask.png")
    assert inpaint("restore", "photos", "--mask", "mask.png", "-o", "out", "--verify").code == 0
    results = {name: np.array(Image.open(tmp_path / f"out/{name}.png")) for name in photos}
    for name, result in results.items():
        assert (result[~mask] == photos[name][~mask]).all()
        assert (result[mask] == results["black"][mask]).all()
        assert (
            np.abs(result[mask][:, :3].astype(int) - photos[name][40:44, 20:64, :3].reshape(-1, 3)).max()
            <= 12
        )
