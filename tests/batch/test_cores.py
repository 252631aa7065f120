"""How the cores are shared."""

from pathlib import Path

import pytest

from inpaint_cli.batch.cores import share_cores
from inpaint_cli.cores import quota_cores


class TestCores:
    @pytest.fixture(autouse=True)
    def _four_cores(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for home in ("inpaint_cli.batch.cores", "inpaint_cli.cores"):
            monkeypatch.setattr(f"{home}.free_cores", lambda: 4)
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def test_a_single_photo_has_all_cores_for_its_network(self) -> None:
        share = share_cores(1)
        assert (share.jobs, share.threads) == (1, 4)

    def test_there_are_as_many_jobs_as_cores(self) -> None:
        assert share_cores(100).jobs == 4
        assert share_cores(100, jobs=9).jobs == 9
        assert share_cores(2, jobs=9).jobs == 2
        assert share_cores(0).jobs == 1

    @pytest.mark.parametrize(("jobs", "threads"), [(1, 4), (2, 2), (3, 1), (9, 1)])
    def test_what_each_job_computes_on_its_own_takes_its_part_of_the_threads(
        self, jobs: int, threads: int
    ) -> None:
        assert share_cores(100, jobs=jobs).threads_of_each == threads

    @pytest.mark.parametrize(
        ("value", "threads"),
        [("2", 2), ("1,1", 1), (" 3 ", 3), ("99", 4), ("no", 4), ("0", 4), ("-1", 4), ("²", 4)],
    )
    def test_omp_num_threads_is_honoured(
        self, monkeypatch: pytest.MonkeyPatch, value: str, threads: int
    ) -> None:
        monkeypatch.setenv("OMP_NUM_THREADS", value)
        assert share_cores(100).threads == threads

    @pytest.mark.parametrize(
        ("text", "cores"), [("max 100000", None), ("250000 100000", 2), ("50000 100000", 1), ("", None)]
    )
    def test_a_containers_quota_is_honoured(self, tmp_path: Path, text: str, cores: int | None) -> None:
        (tmp_path / "cpu.max").write_text(text)
        assert quota_cores(tmp_path / "cpu.max") == cores
