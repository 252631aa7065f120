import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_training import batch_bytes

from inpaint_cli.errors import TrainingDataError, UsageError
from inpaint_cli.suffixes import PHOTO_SUFFIXES
from training.data import (
    SourceOption,
    load_training_data,
    parse_batch,
    read_source,
    read_test_pictures,
)
from training.data import pictures as picture_files
from training.data.pictures import find_pictures, read_pictures, read_pixels
from training.session import loop_sources

RED_THEN_BLUE = bytes([6]) + b"\xff" * 1024 + b"\x00" * 2048 + bytes([0]) + b"\x00" * 2048 + b"\x07" * 1024


def archive(file: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return file


def test_a_record_is_a_label_then_red_green_and_blue_planes():
    pictures = parse_batch(RED_THEN_BLUE, "two")
    assert pictures.shape == (2, 3, 32, 32)
    assert pictures.dtype == torch.uint8
    assert pictures[0, :, 5, 9].tolist() == [255, 0, 0]
    assert pictures[1, :, 31, 0].tolist() == [0, 0, 7]


def test_rows_come_before_columns():
    plane = bytes(range(32)) * 32
    picture = parse_batch(bytes([1]) + plane * 3, "one")[0]
    assert picture[0, 3].tolist() == list(range(32))
    assert picture[0, :, 3].tolist() == [3] * 32


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\x00" * 3072, "not a whole number of 3073-byte records"),
        (RED_THEN_BLUE + b"\x00", "1 bytes over"),
        (bytes([200]) + RED_THEN_BLUE[1:], "labels above 9"),
    ],
)
def test_a_bad_batch_is_told_in_one_line_with_its_name(tmp_path, data, words):
    file = tmp_path / "data_batch_1.bin"
    file.write_bytes(data)
    with pytest.raises(TrainingDataError) as told:
        read_source(file)
    assert words in str(told.value)
    assert str(file) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_folder_gives_its_training_batches_and_its_validation_batch(data_folder):
    source = read_source(data_folder)
    assert (len(source.train), len(source.valid)) == (24, 6)
    assert not source.photos


def test_the_test_batch_is_never_trained_on(tmp_path):
    (tmp_path / "test_batch.bin").write_bytes(batch_bytes(3))
    with pytest.raises(TrainingDataError, match="no training batch"):
        read_source(tmp_path)


def test_an_archive_is_read_as_its_unpacked_folder_is(tmp_path, data_folder):
    members = {f"cifar-10-batches-bin/{file.name}": file.read_bytes() for file in data_folder.iterdir()}
    packed = read_source(
        archive(tmp_path / "c.tar.gz", {**members, "cifar-10-batches-bin/readme.html": b"hello"})
    )
    unpacked = read_source(data_folder)
    assert packed.train.equal(unpacked.train)
    assert packed.valid.equal(unpacked.valid)
    assert np.array_equal(read_test_pictures(tmp_path / "c.tar.gz"), read_test_pictures(data_folder))


@pytest.mark.parametrize("kept", [0, 1, 30, 0.5, 0.98])
def test_a_truncated_archive_is_refused(tmp_path, data_folder, kept):
    rng = np.random.default_rng(0)
    noise = bytes([0]) + rng.integers(0, 256, 3072, np.uint8).tobytes()
    file = archive(tmp_path / "c.tar.gz", {"data_batch_1.bin": noise * 3})
    data = file.read_bytes()
    file.write_bytes(data[: int(kept * len(data)) if isinstance(kept, float) else kept])
    with pytest.raises(TrainingDataError) as told:
        read_source(file)
    assert str(file) in str(told.value)


def test_an_archive_with_flipped_bytes_is_refused(tmp_path):
    file = archive(tmp_path / "c.tar.gz", {"data_batch_1.bin": batch_bytes(20)})
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    with pytest.raises(TrainingDataError):
        read_source(file)


def test_a_pickled_archive_is_refused_and_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    file = archive(
        tmp_path / "cifar-10-python.tar.gz", {"cifar-10-batches-py/data_batch_1": pickle.dumps(Bomb())}
    )
    with pytest.raises(TrainingDataError, match="pickled edition"):
        read_source(file)
    assert not (tmp_path / "exploded").exists()


def test_a_path_that_is_not_there_or_holds_nothing_is_refused(tmp_path):
    with pytest.raises(TrainingDataError, match="does not exist"):
        read_source(tmp_path / "nothing")
    with pytest.raises(TrainingDataError, match=r"neither \*.bin batches nor pictures"):
        read_source(tmp_path)


def test_pictures_are_split_with_the_seed_where_no_validation_batch_is_there(tmp_path):
    file = tmp_path / "mine.bin"
    file.write_bytes(batch_bytes(40))
    first, again, other = (read_source(file, seed=seed) for seed in (1, 1, 2))
    assert (len(first.train), len(first.valid)) == (38, 2)
    assert first.valid.equal(again.valid)
    assert not first.valid.equal(other.valid)
    seen = {picture.numpy().tobytes() for picture in first.train}
    assert not any(picture.numpy().tobytes() in seen for picture in first.valid)


def test_a_folder_of_pictures_is_cut_at_several_scales_and_split_by_picture(tmp_path):
    for number in range(4):
        Image.new("RGB", (160, 128), (number * 60, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "._0.png").write_bytes(b"not a picture")
    source = read_source(tmp_path)
    assert source.photos
    assert source.train.shape == (3 * (5 + 1), 3, 64, 64)  # a quarter as large they are less than a tile
    assert source.valid.shape[1:] == (3, 32, 32)
    assert {int(tile[0, 0, 0]) for tile in source.valid}.isdisjoint(
        int(tile[0, 0, 0]) for tile in source.train
    )


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_picture_of_16_bits_grey_keeps_its_tones(tmp_path, suffix):
    Image.fromarray(np.uint16([[0, 0x1234, 0x80FF, 0xFFFF]])).save(tmp_path / f"scan{suffix}")
    assert read_pixels(tmp_path / f"scan{suffix}").tolist() == [[[v] * 3 for v in (0, 0x12, 0x80, 0xFF)]]


def test_a_picture_of_32_bits_is_refused(tmp_path):
    Image.fromarray(np.float32([[0.5]])).save(tmp_path / "depth.tif")
    with pytest.raises(TrainingDataError, match=r"depth\.tif can.t be read .values of 32 bits"):
        read_pixels(tmp_path / "depth.tif")


def test_all_that_restore_takes_for_photos_but_heic_are_found(tmp_path):
    for suffix in sorted(PHOTO_SUFFIXES):
        (tmp_path / f"a{suffix}").touch()
    (tmp_path / "B.JFIF").touch()
    (tmp_path / "notes.txt").touch()
    assert {file.suffix.lower() for file in find_pictures(tmp_path)} == PHOTO_SUFFIXES - {
        ".heic",
        ".heif",
        ".hif",
    }


def test_all_pictures_that_can_not_be_read_are_named_at_once(tmp_path):
    Image.new("RGB", (64, 64), "white").save(tmp_path / "good.png")
    for number in range(7):
        (tmp_path / f"{number}.jpg").touch()
    with pytest.raises(TrainingDataError, match=r"0\.jpg can.t be read .*; .*4\.jpg .*; and 2 more$"):
        list(read_pictures(find_pictures(tmp_path)))


def test_a_folder_that_can_not_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def denied(folder):
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(TrainingDataError, match=r"/locked can't be read \(Permission denied\)"):
        find_pictures(tmp_path)


def test_what_runs_have_drawn_is_not_trained_on(tmp_path):
    for name in ("panel.png", "runs/vanilla/panel.png", "runs/vanilla/losses.png", "runs/vanilla/a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("config.json", "losses.csv"):
        (tmp_path / "runs/vanilla" / name).touch()
    found = [file.relative_to(tmp_path).as_posix() for file in find_pictures(tmp_path)]
    assert found == ["panel.png", "runs/vanilla/a.png"]


def test_masks_beside_their_photos_are_not_trained_on(tmp_path):
    photos = ["a.jpg", "b.ppm", "lone_mask.png", "sub/c.heic", "sub/d.png"]
    masks = ["a_mask.png", "b_mask.tif", "sub/c_mask.png", "sub/d.png_mask.png"]
    (tmp_path / "sub").mkdir()
    for name in photos + masks:
        (tmp_path / name).touch()
    found = {file.relative_to(tmp_path).as_posix() for file in find_pictures(tmp_path)}
    assert found == set(photos) - {"sub/c.heic"}


@pytest.mark.parametrize("suffix", [".jfif", ".dib", ".gif", ".avif"])
def test_what_restore_reads_is_read(tmp_path, suffix):
    Image.new("RGB", (40, 30), "white").save(tmp_path / f"a{suffix}")
    assert read_pixels(tmp_path / f"a{suffix}").shape == (30, 40, 3)


def test_a_picture_above_pillows_limit_is_read_up_to_the_limit_of_restore(tmp_path, monkeypatch):
    Image.new("RGB", (20, 10)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    assert read_pixels(tmp_path / "large.png").shape == (10, 20, 3)
    monkeypatch.setattr(picture_files, "DEFAULT_MAX_PIXELS", 199)
    with pytest.raises(TrainingDataError, match=r"large\.png can't be read .*200 pixels.* 199 pixels"):
        read_pixels(tmp_path / "large.png")
    assert Image.MAX_IMAGE_PIXELS == 50


def test_a_broken_picture_is_named(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    with pytest.raises(TrainingDataError, match=r"b\.jpg can't be read"):
        read_source(tmp_path)


@pytest.mark.parametrize("name", ["pipe.png", "data_batch_1.bin", "cifar.tar.gz", "folder/pipe.png"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    """Neither among pictures, nor where it is named itself."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / name)
    named = tmp_path / name
    with pytest.raises(TrainingDataError, match=r"can't be read.*it is a pipe, a socket or a device"):
        read_source(named.parent if named.suffix == ".png" else named)


def test_sources_are_mixed_with_their_weights(tmp_path, data_folder):
    Image.new("RGB", (128, 128)).save(tmp_path / "photo.png")
    Image.new("RGB", (128, 128)).save(tmp_path / "other.png")
    extra = tmp_path / "extra.bin"
    extra.write_bytes(batch_bytes(10))
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("photo.png", "other.png"):
        (tmp_path / name).rename(photos / name)
    data = load_training_data([SourceOption(data_folder, 3.0), SourceOption(extra), SourceOption(photos)])
    bank = data.bank(photos=False)
    assert bank is not None and bank.weights is not None
    assert bank.weights.tolist() == [3.0] * 24 + [1.0] * (len(bank.pictures) - 24)
    assert data.bank(photos=True) is not None
    assert len(data.valid(photos=False)) == 6 + 10 - (len(bank.pictures) - 24)


def test_explicit_validation_pictures_take_the_place_of_all_others(tmp_path, data_folder):
    data = load_training_data([SourceOption(data_folder)], valid=data_folder / "test_batch.bin")
    assert data.valid(photos=False).equal(read_source(data_folder / "test_batch.bin", split=False).train)


def test_photos_given_to_validate_do_so_also_beside_pictures(tmp_path, data_folder):
    for name, brightness in (("photos", 50), ("kept", 200)):
        (tmp_path / name).mkdir()
        for number in range(2):
            picture = Image.new("RGB", (64, 64), (brightness, number, 0))
            picture.save(tmp_path / name / f"{number}.png")
    options = [SourceOption(data_folder), SourceOption(tmp_path / "photos")]
    _, validation = loop_sources(load_training_data(options, valid=tmp_path / "kept"))
    assert validation.shape[1:] == (3, 32, 32)
    assert set(validation[:, 0].ravel().tolist()) == {200}


def test_a_weight_stands_after_an_at_sign(tmp_path):
    odd = tmp_path / "a@2"
    odd.touch()
    assert SourceOption.parse("data/x@2.5") == SourceOption(Path("data/x"), 2.5)
    assert SourceOption.parse("data/x") == SourceOption(Path("data/x"), 1.0)
    assert SourceOption.parse(str(odd)) == SourceOption(odd, 1.0)
    assert SourceOption.parse("me@home/x") == SourceOption(Path("me@home/x"), 1.0)
    with pytest.raises(UsageError, match="above 0"):
        SourceOption.parse("data/x@0")


def test_a_palette_with_transparency_is_read_without_a_warning(tmp_path, recwarn):
    picture = Image.new("P", (40, 30), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    picture.save(tmp_path / "a.png", transparency=bytes([0, 128]))
    assert (read_pixels(tmp_path / "a.png") == (200, 100, 50)).all()
    assert not recwarn.list


def test_an_archive_is_known_by_its_suffix_however_that_is_typed(tmp_path):
    file = tmp_path / "C.TAR"
    with tarfile.open(file, "w") as tar:
        member = tarfile.TarInfo("data_batch_1.bin")
        member.size = 40 * 3073
        tar.addfile(member, io.BytesIO(batch_bytes(40)))
    source = read_source(file)
    assert len(source.train) + len(source.valid) == 40
