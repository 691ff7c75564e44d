"""The progress of a job never goes back, also when a computation enters a stage again."""

import pytest

from blueprints.imputation import STAGES
from sids_core.imputation.impute import impute
from sids_core.panel.demo import demo_panel
from sids_core.stages import counted, stage, watch
from sids_service.jobs.lease import Progress


class Noted(Progress):
    """Notes how much was done at every step."""

    def __init__(self, shares: dict[str, float]) -> None:
        super().__init__(shares)
        self.seen: list[float] = []
        self.names: list[str] = []

    def entered(self, stage: str) -> None:
        self.names.append(stage)
        super().entered(stage)

    def advanced(self, share: float) -> None:
        super().advanced(share)
        self.seen.append(self.done)

    def checkpoint(self) -> None:
        pass


def enter(*names: str) -> None:
    for name in names:
        with stage(name):
            list(counted(range(2), 2))


def test_a_stage_entered_again_gets_what_the_stages_to_come_leave() -> None:
    noted = Noted({"fit": 0.5, "report": 0.25})
    with watch(noted):
        enter("fit", "fit", "report")
    assert noted.seen == [0.0, 0.25, 0.5, 0.5, 0.625, 0.75, 0.75, 0.875, 0.99]


def test_nothing_is_left_for_it_where_the_shares_are_complete() -> None:
    noted = Noted({"fit": 0.5, "report": 0.5})
    with watch(noted):
        enter("fit", "fit", "report", "report")
    assert noted.seen == [0.0, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75, 0.99, 0.99, 0.99, 0.99]


@pytest.mark.parametrize("selection", ["AFS", "PCA"])
def test_the_progress_of_an_imputation_with_a_reduced_model_only_grows(selection: str) -> None:
    noted = Noted(dict(STAGES))
    with watch(noted):
        impute(demo_panel(), "key-DEMO.002.CU", 2015, selection=selection, n_predictors=3, n_estimators=5)
    assert noted.names.count("cross-fitting") == 2
    assert noted.seen == sorted(noted.seen)
    assert set(noted.names) - {"imports"} == set(STAGES)
    assert noted.seen[-1] == 0.99
