"""What a run tells of what can't even be listed."""

from __future__ import annotations

from inpaint_cli.batch.cores import Share
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.plan import Plan
from inpaint_cli.batch.run import Stop
from inpaint_cli.cli.batch_run import carry_out
from inpaint_cli.cli.reporting import open_reporting
from inpaint_cli.cli.screen import Screen
from inpaint_cli.errors import ExitCode


def test_a_folder_that_cannot_be_read_fails_the_run_and_is_told_to_the_page_too(capsys) -> None:
    plan = Plan(jobs=(), problems=(("photos/locked", "the folder can't be listed"),))
    told: list[Outcome] = []
    with open_reporting(Screen(quiet=False, verbose=False), Stop(), json=False, report=None) as reporting:
        carry_out(
            plan, lambda job: Outcome(job.photo, job.output, "restored"), Share(1, 1), reporting,
            fail_fast=False, done=lambda outcome, masks: told.append(outcome),
        )  # fmt: skip
    assert [(str(each.photo), each.status, each.reason) for each in told] == [
        ("photos/locked", "failed", "the folder can't be listed")
    ]
    assert reporting.exit_code == ExitCode.SOME_FAILED
    assert "photos/locked: the folder can't be listed" in capsys.readouterr().err
