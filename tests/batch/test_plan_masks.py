import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from plan_samples import SUFFIXES, touch

from inpaint_cli.batch.journal import JOURNAL_NAME
from inpaint_cli.batch.plan import Plan, Selection, make_plan
from inpaint_cli.errors import UsageError


def plan_of(root: Path, photos: list[str], masks: list[str]) -> Plan:
    for folder, names in (("photos", photos), ("masks", masks)):
        (root / folder).mkdir(parents=True)
        touch(root / folder, *names)
    return make_plan(Selection(photos=(root / "photos",), mask_dir=root / "masks", suffixes=SUFFIXES))


def pairs(plan: Plan, root: Path) -> dict[str, str | None]:
    masks = root / "masks"
    return {job.relative: job.mask and job.mask.relative_to(masks).as_posix() for job in plan.jobs}


@pytest.mark.parametrize("mask", ["a/b.png", "a/b_mask.png", "a/b.tif", "a/b.jpg", "a/b.jpg.png", "a/b.PNG"])
def test_a_mask_belongs_to_a_photo_by_relative_path_and_stem(tmp_path: Path, mask: str) -> None:
    plan = plan_of(tmp_path, ["a/b.jpg"], [mask])
    assert pairs(plan, tmp_path) == {"a/b.jpg": mask}
    assert not plan.refusals


def test_a_stray_mask_shifts_nothing_and_is_listed(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ["a.jpg", "b.jpg", "c.jpg"], ["a.png", "aa.png", "b.png", "c.png", "x/a.png"])
    assert pairs(plan, tmp_path) == {"a.jpg": "a.png", "b.jpg": "b.png", "c.jpg": "c.png"}
    assert plan.orphans == ("aa.png", "x/a.png")


def test_a_photo_without_a_mask_has_a_reason_and_gets_no_other_one(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ["a.jpg", "b.jpg"], ["a.png"])
    assert pairs(plan, tmp_path) == {"a.jpg": "a.png", "b.jpg": None}
    assert "no mask for it" in plan.jobs[1].problem and "b_mask.png" in plan.jobs[1].problem


@pytest.mark.parametrize("masks", [["b.png", "b_mask.png"], ["b.png", "b.tif"], ["b.jpg.png", "b.jpg.tif"]])
def test_ambiguous_masks_are_refused_before_anything_is_written(tmp_path: Path, masks: list[str]) -> None:
    plan = plan_of(tmp_path, ["b.jpg"], masks)
    with pytest.raises(UsageError, match=r"ambiguous masks .* nothing was written"):
        plan.check()


def test_the_whole_name_tells_two_photos_of_one_stem_apart(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ["x.jpg", "x.png"], ["x.jpg.png", "x.png.png"])
    assert pairs(plan, tmp_path) == {"x.jpg": "x.jpg.png", "x.png": "x.png.png"}


def test_two_photos_of_one_stem_may_share_a_mask(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ["x.jpg", "x.png"], ["x.png"])
    assert pairs(plan, tmp_path) == {"x.jpg": "x.png", "x.png": "x.png"}
    assert not plan.refusals


def test_one_mask_is_not_given_to_photos_of_two_names(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ["b.jpg", "b_mask.jpg"], ["b_mask.png"])
    with pytest.raises(UsageError, match="ambiguous mask"):
        plan.check()


def test_one_mask_is_not_given_to_photos_of_one_name_in_two_folders(tmp_path: Path) -> None:
    for name in ("day1/a.jpg", "day2/a.jpg", "masks/a.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    days = (tmp_path / "day1", tmp_path / "day2")
    plan = make_plan(Selection(photos=days, mask_dir=tmp_path / "masks", suffixes=SUFFIXES))
    with pytest.raises(UsageError, match=r"ambiguous mask: a.png would belong to both .*day1/a and .*day2/a"):
        plan.check()


def test_a_folder_that_is_named_twice_is_one_also_for_its_masks(tmp_path: Path) -> None:
    plan_of(tmp_path, ["a.jpg"], ["a.png"])
    twice = (tmp_path / "photos", tmp_path / "photos/../photos")
    plan = make_plan(Selection(photos=twice, mask_dir=tmp_path / "masks", suffixes=SUFFIXES))
    assert len(plan.jobs) == 1 and not plan.refusals


@pytest.mark.parametrize("how", ["photos", "listed"])
def test_results_of_photos_that_are_named_one_by_one_do_not_go_among_the_masks(
    tmp_path: Path, how: str
) -> None:
    touch(tmp_path, "a/b.jpg", "a-restored/b.png")
    selection = Selection(mask_dir=tmp_path / "a-restored", suffixes=SUFFIXES)
    selection = replace(selection, **{how: (tmp_path / "a/b.jpg",)})
    with pytest.raises(UsageError, match="a-restored: the results would lie among the masks; give another"):
        make_plan(selection)
    for elsewhere in ({"output": tmp_path / "o"}, {"output_file": tmp_path / "o.jpg"}):
        (job,) = make_plan(replace(selection, **elsewhere)).jobs
        assert job.mask == tmp_path / "a-restored/b.png"


def test_results_do_not_go_among_the_masks_whatever_their_suffix(tmp_path: Path) -> None:
    plan_of(tmp_path, ["a.jpg"], ["a.png"])
    selection = Selection(photos=(tmp_path / "photos",), mask_dir=tmp_path / "masks", suffixes=SUFFIXES)
    with pytest.raises(UsageError, match="the results would lie among the masks"):
        make_plan(replace(selection, output=tmp_path / "masks"))


def test_results_below_the_masks_are_no_masks(tmp_path: Path) -> None:
    plan_of(tmp_path, ["a.jpg"], ["a.png", "done/a.jpg"])
    selection = Selection(photos=(tmp_path / "photos",), mask_dir=tmp_path / "masks", suffixes=SUFFIXES)
    assert make_plan(replace(selection, output=tmp_path / "masks/done")).orphans == ()


def test_letters_with_marks_match_however_they_are_composed(tmp_path: Path) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    plan = plan_of(tmp_path, [f"{decomposed}.jpg"], [f"{composed}.png"])
    assert pairs(plan, tmp_path) == {f"{decomposed}.jpg": f"{composed}.png"}


def test_masks_are_found_where_detect_wrote_them_for_one_album_at_a_time(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ["a/x.jpg", "b/x.jpg"], [f"a/{JOURNAL_NAME}", "a/x.png", "b/x.png"])
    assert pairs(plan, tmp_path) == {"a/x.jpg": "a/x.png", "b/x.jpg": "b/x.png"}
    assert plan.notes == ()


def test_a_mask_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--mask-dir"):
        make_plan(Selection(photos=(tmp_path,), mask_dir=tmp_path / "no", suffixes=SUFFIXES))


def test_of_masks_that_differ_in_how_letters_with_marks_are_written_the_photos_own_is_taken(
    tmp_path: Path,
) -> None:
    composed, decomposed = "\u00e9", "e\u0301"
    both = plan_of(tmp_path / "both", [f"{composed}.jpg"], [f"{decomposed}.png", f"{composed}.png"])
    assert pairs(both, tmp_path / "both") == {f"{composed}.jpg": f"{composed}.png"} and not both.refusals
    other = plan_of(tmp_path / "other", [f"{composed}.jpg"], [f"{decomposed}.png"])
    assert pairs(other, tmp_path / "other") == {f"{composed}.jpg": f"{decomposed}.png"}


@pytest.mark.parametrize("how", ["photos", "listed"])
def test_what_is_wrong_with_the_file_comes_before_the_mask_that_it_lacks_and_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    files = {name: tmp_path / "photos" / name for name in ("empty.jpg", "gone.jpg", "sound.jpg")}
    (tmp_path / "masks").mkdir()
    touch(tmp_path / "photos", "sound.jpg")
    files["empty.jpg"].touch()
    files["gone.jpg"].symlink_to("nowhere.jpg")
    looked_at: Counter[str] = Counter()
    stat = Path.stat

    def counted(path: Path, **options: bool) -> os.stat_result:
        looked_at[path.name] += 1
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", counted)
    photos = tuple(files.values()) if how == "listed" else (tmp_path / "photos",)
    plan = make_plan(Selection(**{how: photos}, mask_dir=tmp_path / "masks", suffixes=SUFFIXES))
    assert {job.relative: job.problem.partition(" in ")[0] for job in plan.jobs} == {
        "empty.jpg": "the file is empty",
        "gone.jpg": "can't be read: No such file or directory",
        "sound.jpg": "no mask for it",
    }
    assert {name: looked_at[name] for name in files} == dict.fromkeys(files, 1)
