"""Many photos: which ones, which masks, to where; in workers; what is done already; what became of them."""

from inpaint_cli.batch.job import Job
from inpaint_cli.batch.journal import Journal
from inpaint_cli.batch.outcome import Outcome
from inpaint_cli.batch.plan import Plan, Selection, make_plan
from inpaint_cli.batch.restore_photo import RestoreSettings, Workshop, restore_photo
from inpaint_cli.batch.run import Stop, interruptible, run

__all__ = [
    "Job",
    "Journal",
    "Outcome",
    "Plan",
    "RestoreSettings",
    "Selection",
    "Stop",
    "Workshop",
    "interruptible",
    "make_plan",
    "restore_photo",
    "run",
]
