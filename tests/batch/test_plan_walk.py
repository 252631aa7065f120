from pathlib import Path

import pytest
from plan_samples import SUFFIXES, plan_of, touch

from inpaint_cli.batch.journal import JOURNAL_NAME
from inpaint_cli.batch.plan import Plan, Selection, make_plan
from inpaint_cli.errors import UsageError


def found(plan: Plan) -> list[str]:
    return [job.relative for job in plan.jobs]


def test_a_folder_is_walked_recursively_in_sorted_order(tmp_path: Path) -> None:
    touch(tmp_path, "p/b.jpg", "p/a.PNG", "p/z/deep/er/c.tif", "p/y/d.jpg", "p/notes.txt")
    assert found(plan_of(tmp_path / "p")) == ["a.PNG", "b.jpg", "y/d.jpg", "z/deep/er/c.tif"]


def test_hidden_files_and_folders_and_those_of_macos_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/._a.jpg", "p/.hidden.jpg", "p/.git/x.jpg", "p/__MACOSX/._a.jpg")
    assert found(plan_of(tmp_path / "p")) == ["a.jpg"]


def test_a_loop_of_links_ends_and_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/sub/b.jpg")
    (tmp_path / "p/sub/up").symlink_to(tmp_path / "p")
    (tmp_path / "p/self").symlink_to("self")
    plan = plan_of(tmp_path / "p")
    assert found(plan) == ["a.jpg", "sub/b.jpg"]
    assert any("walked already" in note for note in plan.notes)


def test_two_links_to_one_folder_do_not_repeat_its_photos(tmp_path: Path) -> None:
    touch(tmp_path, "album/a.jpg", "p/b.jpg")
    (tmp_path / "p/one").symlink_to(tmp_path / "album")
    (tmp_path / "p/two").symlink_to(tmp_path / "album")
    assert found(plan_of(tmp_path / "p")) == ["b.jpg", "one/a.jpg"]


def test_results_inside_the_photos_are_not_taken_for_photos(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/out/a.jpg", f"p/out/{JOURNAL_NAME}")
    assert found(plan_of(tmp_path / "p", output=tmp_path / "p/out")) == ["a.jpg"]


def test_results_of_an_earlier_run_are_not_taken_for_photos(tmp_path: Path) -> None:
    touch(tmp_path, "all/p/a.jpg", "all/p-restored/a.jpg", f"all/p-restored/{JOURNAL_NAME}")
    plan = plan_of(tmp_path / "all")
    assert found(plan) == ["p/a.jpg"]
    assert plan.notes == (
        f"{tmp_path}/all/p-restored: holds results of an earlier run and is left out; photos of your own in"
        " it are taken where you name them",
    )


def test_a_photo_of_ones_own_among_results_is_taken_where_it_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "p-restored/a.jpg", "p-restored/mine.jpg", f"p-restored/{JOURNAL_NAME}")
    assert found(plan_of(tmp_path / "p-restored/mine.jpg")) == ["mine.jpg"]


def test_masks_inside_the_photos_are_not_taken_for_photos(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/masks/a.png")
    assert found(plan_of(tmp_path / "p", mask_dir=tmp_path / "p/masks")) == ["a.jpg"]


def test_masks_beside_their_photos_are_told_apart_by_their_ending(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/a_mask.png", "p/b.jpg", "p/b_mask.png", "p/c_mask.jpg")
    plan = plan_of(tmp_path / "p", mask_dir=tmp_path / "p")
    assert [(job.relative, job.mask and job.mask.name) for job in plan.jobs] == [
        ("a.jpg", "a_mask.png"),
        ("b.jpg", "b_mask.png"),
        ("c_mask.jpg", None),
    ]


def test_masks_beside_their_photos_may_be_named_after_the_whole_name(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/a.jpg_mask.png", "p/a.png", "p/a.png_mask.png")
    plan = plan_of(tmp_path / "p", mask_dir=tmp_path / "p")
    assert [(job.relative, job.mask and job.mask.name) for job in plan.jobs] == [
        ("a.jpg", "a.jpg_mask.png"),
        ("a.png", "a.png_mask.png"),
    ]


def test_photos_beside_their_masks_are_no_masks_without_a_photo(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/a_mask.png", "p/b.jpg", "p/b_mask.png")
    assert plan_of(tmp_path / "p", mask_dir=tmp_path / "p").orphans == ()
    assert plan_of(tmp_path / "p/a.jpg", mask_dir=tmp_path / "p").orphans == ()


@pytest.mark.parametrize("selection", [{}, {"masks_wanted": True}, {"mask": Path(__file__)}])
def test_masks_beside_photos_are_left_out_where_they_are_not_asked_for_and_that_is_told(
    tmp_path: Path, selection: dict[str, object]
) -> None:
    touch(tmp_path, "p/a.jpg", "p/a_mask.png", "p/s/b.jpg", "p/s/b.jpg_mask.png", "p/c_mask.jpg")
    plan = plan_of(tmp_path / "p", output=tmp_path / "o", **selection)
    assert found(plan) == ["a.jpg", "c_mask.jpg", "s/b.jpg"]
    assert plan.notes == (
        f"{tmp_path}/p: masks beside photos are left out (2, such as a_mask.png);"
        f" restore takes them with --mask-dir {tmp_path}/p",
    )
    assert found(plan_of(tmp_path / "p/a_mask.png")) == ["a_mask.png"]


def test_masks_beside_photos_are_left_out_where_masks_lie_elsewhere_but_for_what_has_a_mask_there(
    tmp_path: Path,
) -> None:
    touch(tmp_path, "p/a.jpg", "p/a_mask.png", "p/b.jpg", "p/b_mask.jpg", "p/c_mask.jpg")
    touch(tmp_path, "m/a.png", "m/b.png", "m/b_mask.jpg.png")
    plan = plan_of(tmp_path / "p", mask_dir=tmp_path / "m")
    assert [(job.relative, job.mask and job.mask.name) for job in plan.jobs] == [
        ("a.jpg", "a.png"),
        ("b.jpg", "b.png"),
        ("b_mask.jpg", "b_mask.jpg.png"),
        ("c_mask.jpg", None),
    ]
    assert plan.notes == (f"{tmp_path}/p: masks beside photos are left out (1, such as a_mask.png)",)
    assert found(plan_of(tmp_path / "p/a_mask.png", mask_dir=tmp_path / "m")) == ["a_mask.png"]


@pytest.mark.parametrize(
    "selection",
    [
        {"photos": (Path("p/a.jpg"),), "mask_dir": Path("p")},
        {"photos": (Path("p/a.jpg"),), "mask_dir": Path(), "base": Path()},
        {"listed": (Path("p/a.jpg"),), "mask_dir": Path()},
        {"listed": (Path("p/a.jpg"),), "mask_dir": Path("p"), "base": Path("p")},
    ],
)
def test_a_photo_that_is_named_alone_is_not_its_own_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, selection: dict[str, object]
) -> None:
    touch(tmp_path, "p/a.jpg", "p/a_mask.png")
    monkeypatch.chdir(tmp_path)
    plan = make_plan(Selection(output=Path("o"), suffixes=SUFFIXES, **selection))
    plan.check()
    assert [job.mask for job in plan.jobs] == [Path("p/a_mask.png")]


def test_a_file_that_is_named_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path, "p/.scan", "p/other.jpg")
    assert found(plan_of(tmp_path / "p/.scan")) == [".scan"]


def test_a_photo_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        plan_of(tmp_path / "nothing")


def test_a_folder_that_cannot_be_listed_is_a_problem_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "p/a.jpg", "p/locked/b.jpg")
    real = __import__("os").scandir

    def scandir(folder: str) -> object:
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr("inpaint_cli.batch.walk.os.scandir", scandir)
    plan = plan_of(tmp_path / "p")
    assert found(plan) == ["a.jpg"]
    assert plan.problems == ((str(tmp_path / "p/locked"), "the folder can't be listed (Permission denied)"),)
