"""What is told of outcomes: a line of JSON for each, and a summary of all."""

import json
import os
import pickle
import tracemalloc
from dataclasses import replace
from pathlib import Path

from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.reports import MOST_LISTED, Tally, is_lines
from inpaint_cli.errors import ExitCode
from inpaint_cli.printable import printable


def outcome(name: str = "a.jpg", status: str = "restored", **changes: object) -> Outcome:
    return Outcome(photo=Path(name), output=Path("o") / name, status=status, **changes)


class TestLines:
    def test_a_line_has_every_key(self) -> None:
        line = json.loads(outcome(coverage=0.25, seconds=1.5).to_json())
        assert list(line) == [
            "photo", "output", "status", "reason", "coverage", "mask", "mask_source", "model", "quality",
            "backend", "device", "seconds", "seconds_read", "seconds_write", "changed",
        ]  # fmt: skip
        assert line["coverage"] == 0.25 and line["seconds"] == 1.5

    def test_names_that_are_not_utf8_survive_json(self) -> None:
        name = os.fsdecode(b"caf\xe9.jpg")
        line = outcome(name).to_json()
        assert line.isascii()
        assert os.fsencode(json.loads(line)["photo"]) == b"caf\xe9.jpg"

    def test_outcomes_can_be_sent_to_other_processes(self) -> None:
        assert pickle.loads(pickle.dumps(outcome())) == outcome()

    def test_a_line_is_ours_also_where_it_was_cut(self) -> None:
        line = outcome().to_json().encode()
        assert is_lines(line + b"\n") and is_lines(line[:30])
        assert not is_lines(line[:30] + b"\n") and not is_lines(b'{"a": 1')

    def test_a_name_cannot_fake_a_line_or_move_the_cursor(self) -> None:
        assert printable("a\nfailed: b\x1b[2J.jpg") == "a\\nfailed: b\\x1b[2J.jpg"


class TestSummary:
    def test_a_photo_takes_hardly_more_memory_than_its_key(self) -> None:
        tally, many = Tally(), 4_000
        tracemalloc.start()
        try:
            for number in range(many):
                reason = ("mask is empty", "clean")[number % 2]
                tally.add(outcome(f"{number}.jpg", "copied", reason="".join(reason)))
            taken = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert taken / many < 100
        assert tally.lines(1.0) == ["4000 copied (2000 mask is empty, 2000 clean) in 1.0 s"]

    def test_failures_are_listed_again(self) -> None:
        tally = Tally()
        tally.add(outcome())
        tally.add(outcome("b.jpg", "failed", reason="it is empty"))
        assert tally.lines(1.0, ["o"]) == [
            "1 of 2 photos failed; here they are again:",
            "failed: b.jpg: it is empty",
            "1 restored, 1 failed in 1.0 s -> o",
        ]
        assert tally.exit_code == ExitCode.SOME_FAILED

    def test_a_single_failure_is_not_listed_again_and_no_place_is_named(self) -> None:
        tally = Tally()
        tally.add(outcome("b.jpg", "failed", reason="it is empty"))
        assert tally.lines(1.0, ["o"]) == ["1 failed in 1.0 s"]

    def test_a_photo_without_damage_has_a_mask_in_its_place(self) -> None:
        tally = Tally()
        tally.add(outcome("b.jpg", "clean"))
        assert tally.lines(1.0, ["o"]) == ["1 clean in 1.0 s -> o"]

    def test_copies_are_told_with_the_reason(self) -> None:
        tally = Tally()
        tally.add(outcome(status="copied", reason="clean"))
        assert tally.lines(0.2) == ["1 copied (clean) in 0.2 s"]
        tally.add(outcome("b.jpg", status="copied", reason="mask is empty"))
        tally.add(outcome("c.jpg", status="copied", reason="clean"))
        assert tally.lines(0.2) == ["3 copied (2 clean, 1 mask is empty) in 0.2 s"]

    def test_of_many_places_some_are_named(self) -> None:
        tally = Tally()
        tally.add(outcome())
        assert tally.lines(1.0, "abcde") == ["1 restored in 1.0 s -> a, b, c, d, e"]
        assert tally.lines(1.0, "abcdefg") == ["1 restored in 1.0 s -> a, b, c, d, e and 2 more"]

    def test_what_was_not_done_is_counted(self) -> None:
        tally = Tally()
        assert tally.lines(1.0, left=2) == ["2 not done in 1.0 s"]
        tally.add(outcome())
        assert tally.lines(1.0, left=2) == ["1 restored, 2 not done in 1.0 s"]
        assert tally.lines(1.0) == ["1 restored in 1.0 s"]

    def test_many_failures_take_no_more_memory(self) -> None:
        tally = Tally()
        for number in range(MOST_LISTED + 7):
            tally.add(outcome(f"{number}.jpg", "failed"))
        assert len(tally.failures) == MOST_LISTED
        assert "failed: 7 more" in tally.lines(1.0)
        assert "failed: 7 more; a\\n.jsonl has them all" in tally.lines(1.0, whole_list="a\n.jsonl")

    def test_the_last_outcome_of_a_photo_counts(self) -> None:
        tally = Tally()
        for status in ("failed", "failed", "restored"):
            tally.add(outcome("a.jpg", status))
        assert tally.lines(1.0) == ["1 restored in 1.0 s"]
        assert tally.exit_code is ExitCode.OK

    def test_a_photo_that_is_restored_again_counts_once(self) -> None:
        tally = Tally()
        for name, status in (("a.jpg", "restored"), ("b.jpg", "restored"), ("a.jpg", "restored")):
            tally.add(outcome(name, status))
        assert tally.lines(1.0) == ["2 restored in 1.0 s"]
        for reason in ("clean", "mask is empty"):
            tally.add(outcome("a.jpg", "copied", reason=reason))
        assert tally.lines(1.0) == ["1 restored, 1 copied (mask is empty) in 1.0 s"]
        tally.add(outcome("a.jpg", "failed", reason="it is empty"))
        assert tally.lines(1.0)[-1] == "1 restored, 1 failed in 1.0 s"

    def test_the_last_outcome_counts_also_of_one_among_many_failures(self) -> None:
        tally = Tally()
        for status in ("failed", "restored"):
            for number in range(MOST_LISTED + 7):
                tally.add(outcome(f"{number}.jpg", status))
        assert tally.lines(1.0) == [f"{MOST_LISTED + 7} restored in 1.0 s"]

    def test_a_photo_that_was_asked_for_twice_fails_for_one_of_its_outputs(self) -> None:
        tally = Tally()
        tally.add(replace(outcome("a.jpg", "failed", reason="no mask for it"), output=Path("o/sub/a.jpg")))
        tally.add(outcome("a.jpg"))
        assert tally.lines(1.0)[-1] == "1 restored, 1 failed in 1.0 s"
        assert tally.exit_code is ExitCode.SOME_FAILED
