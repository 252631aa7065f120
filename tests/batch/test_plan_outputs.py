import os
import pickle
from pathlib import Path

import pytest
from plan_samples import SUFFIXES, plan_of, touch

from inpaint_cli.batch.letter_case import ignores_case, without_case
from inpaint_cli.batch.plan import Plan, Selection, make_plan
from inpaint_cli.errors import UsageError


def outputs(plan: Plan, root: Path) -> list[str]:
    return [job.output.relative_to(root).as_posix() for job in plan.jobs]


def test_results_go_to_a_sibling_that_mirrors_the_tree(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/s/b.png")
    assert outputs(plan_of(tmp_path / "p"), tmp_path) == ["p-restored/a.jpg", "p-restored/s/b.png"]


def test_the_sibling_of_the_working_folder_is_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "p/a.jpg")
    monkeypatch.chdir(tmp_path / "p")
    assert outputs(plan_of(Path()), tmp_path) == ["p-restored/a.jpg"]
    assert outputs(plan_of(Path("a.jpg")), tmp_path) == ["p-restored/a.jpg"]


def test_each_output_root_has_its_own_folders(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/s/b.png", "p/s/c.png", "q/s/d.png")
    plan = plan_of(tmp_path / "p", tmp_path / "q")
    p, q = tmp_path / "p-restored", tmp_path / "q-restored"
    assert plan.output_folders() == {str(p): {p, p / "s"}, str(q): {q / "s"}}
    assert plan.places() == [p, q]


def test_two_photos_of_one_stem_get_two_outputs(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/a.png")
    plan = plan_of(tmp_path / "p", output=tmp_path / "o")
    plan.check()
    assert outputs(plan, tmp_path) == ["o/a.jpg", "o/a.png"]


def test_suffixes_stay_as_they_are_written(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.JPG", "p/b.tar.jpg")
    assert outputs(plan_of(tmp_path / "p", output=tmp_path / "o"), tmp_path) == ["o/a.JPG", "o/b.tar.jpg"]


def test_a_suffix_that_stands_for_the_wanted_format_stays(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.JPG", "p/b.png")
    plan = plan_of(tmp_path / "p", output=tmp_path / "o", suffix=".jpg")
    plan.check()
    assert outputs(plan, tmp_path) == ["o/a.JPG", "o/b.jpg"]


def test_a_photo_that_is_named_twice_is_taken_once(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/b.jpg")
    plan = plan_of(tmp_path / "p", tmp_path / "p/a.jpg", output=tmp_path / "o")
    plan.check()
    assert outputs(plan, tmp_path) == ["o/a.jpg", "o/b.jpg"]
    assert plan.notes == (f"{tmp_path / 'p/a.jpg'}: named twice, and taken once",)


def test_two_photos_with_one_output_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "q/a.jpg")
    plan = plan_of(tmp_path / "p", tmp_path / "q", output=tmp_path / "o")
    with pytest.raises(UsageError, match="both be written to"):
        plan.check()


def test_a_format_that_makes_two_photos_one_output_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/a.png")
    with pytest.raises(UsageError, match="both be written to"):
        plan_of(tmp_path / "p", output=tmp_path / "o", suffix=".png").check()


@pytest.mark.parametrize("output", ["p", "link", "p/../p"])
def test_results_over_the_photos_are_refused(tmp_path: Path, output: str) -> None:
    touch(tmp_path, "p/a.jpg")
    (tmp_path / "link").symlink_to("p")
    with pytest.raises(UsageError, match="replace the photos"):
        plan_of(tmp_path / "p", output=tmp_path / output)


def test_a_single_photo_over_itself_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg")
    with pytest.raises(UsageError, match="over"):
        plan_of(tmp_path / "p/a.jpg", output_file=tmp_path / "p/a.jpg").check()
    with pytest.raises(UsageError, match="over"):
        plan_of(tmp_path / "p/a.jpg", output=tmp_path / "p").check()


def test_results_over_another_photo_or_over_a_mask_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/p/a.jpg", "m/a.png", "q/a.png")
    with pytest.raises(UsageError, match="over"):
        plan_of(tmp_path / "p/p", tmp_path / "p/a.jpg", output=tmp_path / "p").check()
    with pytest.raises(UsageError, match="over"):
        plan_of(tmp_path / "q", mask_dir=tmp_path / "m", output=tmp_path / "m").check()


def test_results_over_a_photo_that_was_found_through_a_link_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/s/x.png", "o/s/x.png", "o/s/y.png")
    (tmp_path / "p/link").symlink_to("../o/s")
    plan = plan_of(tmp_path / "p", output=tmp_path / "o")
    assert plan.refusals == (f"{tmp_path / 'p/s/x.png'} would be written over {tmp_path / 'p/link/x.png'}",)
    with pytest.raises(UsageError, match="nothing was written"):
        plan.check()


def test_results_over_a_photo_or_mask_that_is_a_link_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "o/a.png", "o/b.png", "p/b.png", "q/a.png")
    (tmp_path / "p/c.png").symlink_to("../o/b.png")
    refusal = f"{tmp_path / 'p/b.png'} would be written over {tmp_path / 'p/c.png'}"
    assert plan_of(tmp_path / "p", output=tmp_path / "o").refusals == (refusal,)
    (tmp_path / "m").mkdir()
    (tmp_path / "m/a.png").symlink_to("../o/a.png")
    plan = plan_of(tmp_path / "q", mask_dir=tmp_path / "m", output=tmp_path / "o")
    assert plan.refusals == (f"{tmp_path / 'q/a.png'} would be written over {tmp_path / 'm/a.png'}",)


def test_results_among_photos_that_are_named_one_by_one_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg")
    (tmp_path / "link").symlink_to("p")
    photo, suffixes = tmp_path / "p/a.jpg", SUFFIXES
    for selection in (
        Selection(photos=(photo,), output=tmp_path / "p", suffix=".png", suffixes=suffixes),
        Selection(photos=(photo,), output=tmp_path / "link", suffix=".png", suffixes=suffixes),
        Selection(photos=(photo,), output=tmp_path / "p", masks_wanted=True, suffixes=suffixes),
        Selection(listed=(photo,), output=tmp_path / "p", suffix=".png", suffixes=suffixes),
        Selection(photos=(photo,), base=tmp_path, output=tmp_path, suffix=".png", suffixes=suffixes),
    ):
        with pytest.raises(UsageError, match="the results would lie among the photos"):
            make_plan(selection)
    single = Selection(photos=(photo,), output_file=tmp_path / "p/b.jpg", suffixes=suffixes)
    assert outputs(make_plan(single), tmp_path) == ["p/b.jpg"]


def test_no_disk_is_tried_where_no_names_are_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "p/a.jpg", "p/b.jpg")
    monkeypatch.setattr("inpaint_cli.batch.collisions.ignores_case", lambda folder: 1 / 0)
    plan = plan_of(tmp_path / "p/a.jpg", tmp_path / "p/b.jpg", output=tmp_path / "o", suffix=".png")
    assert outputs(plan, tmp_path) == ["o/a.png", "o/b.png"] and not plan.refusals


def test_another_mask_that_is_there_is_no_reason_not_to_write_masks(tmp_path: Path) -> None:
    touch(tmp_path, "p/b.jpg", "p/b.png", "p/b.jpg.png", "m/b.jpg.png", "m/b.png.png")
    assert not plan_of(tmp_path / "p", output=tmp_path / "m", masks_wanted=True).refusals


def test_results_over_a_photo_of_another_spelling_are_refused_where_the_disk_takes_them_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "p/s/x.JPG", "o/s/x.jpg")
    (tmp_path / "p/link").symlink_to("../o/s")
    assert not plan_of(tmp_path / "p", output=tmp_path / "o").refusals
    monkeypatch.setattr("inpaint_cli.batch.collisions.ignores_case", lambda folder: True)
    (refusal,) = plan_of(tmp_path / "p", output=tmp_path / "o").refusals
    assert refusal == f"{tmp_path / 'p/s/x.JPG'} would be written over {tmp_path / 'p/link/x.jpg'}"


def test_listed_photos_keep_their_folders_below_the_output(tmp_path: Path) -> None:
    listed = (Path("x/a.jpg"), Path("./y/a.jpg"))
    plan = make_plan(Selection(listed=listed, output=tmp_path / "o", suffixes=SUFFIXES))
    assert outputs(plan, tmp_path) == ["o/x/a.jpg", "o/y/a.jpg"]


@pytest.mark.parametrize("listed", ["../../etc/a.jpg", "/etc/a.jpg", "x/../../a.jpg"])
def test_listed_photos_never_leave_the_output(tmp_path: Path, listed: str) -> None:
    plan = make_plan(Selection(listed=(Path(listed),), output=tmp_path / "o", suffixes=SUFFIXES))
    assert outputs(plan, tmp_path) == ["o/a.jpg"]


def test_a_base_gives_listed_photos_their_place(tmp_path: Path) -> None:
    listed = (tmp_path / "p/s/a.jpg", tmp_path / "p/b.jpg")
    plan = make_plan(Selection(listed=listed, base=tmp_path / "p", output=tmp_path / "o", suffixes=SUFFIXES))
    assert outputs(plan, tmp_path) == ["o/s/a.jpg", "o/b.jpg"]
    with pytest.raises(UsageError, match="--base"):
        make_plan(Selection(listed=(tmp_path / "p/../a.jpg",), base=tmp_path / "p", suffixes=SUFFIXES))


def test_names_that_are_not_utf8_keep_their_bytes(tmp_path: Path) -> None:
    name = b"caf\xe9.jpg"
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / os.fsdecode(name)).touch()
    (job,) = plan_of(tmp_path / "p").jobs
    assert os.fsencode(job.output.name) == name


def test_masks_that_are_wanted_are_named_so_that_they_are_found_again(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/x.jpg", "p/x.png", "p/t.tif")
    plan = plan_of(tmp_path / "p", output=tmp_path / "m", masks_wanted=True)
    plan.check()
    assert outputs(plan, tmp_path) == ["m/a.png", "m/t.tif", "m/x.jpg.png", "m/x.png.png"]
    touch(tmp_path, *outputs(plan, tmp_path))
    again = plan_of(tmp_path / "p", mask_dir=tmp_path / "m")
    assert [job.mask for job in again.jobs] == [job.output for job in plan.jobs]


def test_masks_of_photos_that_are_called_like_masks_are_found_again(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/a.jpg.png", "p/b.jpg", "p/b_mask.jpg")
    photos = [tmp_path / "p" / name for name in ("a.jpg", "a.jpg.png", "b.jpg", "b_mask.jpg")]
    plan = plan_of(*photos, output=tmp_path / "m", masks_wanted=True)
    assert outputs(plan, tmp_path) == ["m/a.png", "m/a.jpg.png.png", "m/b.png", "m/b_mask.jpg.png"]
    touch(tmp_path, *outputs(plan, tmp_path))
    again = plan_of(*photos, mask_dir=tmp_path / "m")
    assert not again.refusals
    assert [job.mask for job in again.jobs] == [job.output for job in plan.jobs]
    (tmp_path / "m/b.png").unlink()
    assert plan_of(tmp_path / "p/b.jpg", mask_dir=tmp_path / "m").jobs[0].lacks_mask


def test_another_mask_of_a_photo_that_is_there_is_noted(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/b.jpg", "m/a_mask.png", "m/b.png")
    plan = plan_of(tmp_path / "p", output=tmp_path / "m", masks_wanted=True)
    assert [job.rival for job in plan.jobs] == [tmp_path / "m/a_mask.png", None]
    assert [job.mask for job in plan.jobs] == [None, None]


def test_plans_can_be_sent_to_other_processes(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg")
    plan = plan_of(tmp_path / "p")
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_photos_that_differ_by_case_are_refused_where_the_disk_takes_them_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "p/A.jpg", "p/a.jpg", "p/b.jpg")
    assert not plan_of(tmp_path / "p").refusals
    monkeypatch.setattr("inpaint_cli.batch.collisions.ignores_case", lambda folder: True)
    plan = plan_of(tmp_path / "p")
    photos, results = tmp_path / "p", tmp_path / "p-restored"
    assert plan.refusals == (
        f"{photos / 'A.jpg'} and {photos / 'a.jpg'} would both be written to {results / 'a.jpg'},"
        f" which is {results / 'A.jpg'} on that disk",
    )
    assert [bool(job.problem) for job in plan.jobs] == [True, True, False]


def test_a_disk_is_tried_in_the_first_folder_that_is_there_and_nothing_stays(tmp_path: Path) -> None:
    assert not ignores_case(tmp_path / "not" / "there")
    assert list(tmp_path.iterdir()) == []


def test_spellings_of_one_name() -> None:
    assert without_case("Lake/A.JPG") == without_case("lake/a.jpg")
    assert without_case("STRASSE") == without_case("straße")
    assert without_case("cafe\u0301") == without_case("CAF\u00c9")


def test_an_output_folder_that_holds_photos_of_others_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/1957/b.jpg")
    with pytest.raises(UsageError, match="1957: holds photos that are not results"):
        plan_of(tmp_path / "p", output=tmp_path / "p/1957")
    (tmp_path / "link").symlink_to("p/1957")
    with pytest.raises(UsageError, match="link: holds photos that are not results"):
        plan_of(tmp_path / "p", output=tmp_path / "link")


def test_a_file_where_the_results_should_go_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "o")
    with pytest.raises(UsageError, match="o: can't be made the output folder: File exists"):
        plan_of(tmp_path / "p", output=tmp_path / "o")


def test_a_path_counts_from_the_base_by_where_its_folder_really_lies(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "p/s/b.jpg", "q/c.jpg")
    (tmp_path / "link").symlink_to("p")

    def planned(photo: str, base: str) -> list[str]:
        chosen = Selection(
            listed=(tmp_path / photo,), base=tmp_path / base, output=tmp_path / "o", suffixes=SUFFIXES
        )
        return outputs(make_plan(chosen), tmp_path)

    assert planned("p/s/../a.jpg", "p") == ["o/a.jpg"]
    assert planned("p/s/b.jpg", "link") == planned("link/s/b.jpg", "p") == ["o/s/b.jpg"]
    for photo, base in (("q/c.jpg", "p"), ("p/../q/c.jpg", "p")):
        with pytest.raises(UsageError, match="is not inside --base"):
            planned(photo, base)
