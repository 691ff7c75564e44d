"""What a run was and how long its parts took, in words that every model shares."""

from pydantic import BaseModel, ConfigDict


class Workload(BaseModel):
    """What a run has to do.

    Attributes:
        model: the model's name.
        options: the choices that decide how the work is done.
        size: how much of it there is, by name: rows, predictors, trees.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    options: dict[str, str]
    size: dict[str, int]


class Timing(Workload):
    """A workload that was done, and the seconds that each stage took."""

    seconds: dict[str, float]

    @classmethod
    def of(cls, workload: Workload, seconds: dict[str, float]) -> "Timing":
        """The workload with its seconds, rounded to what a clock can tell."""
        rounded = {stage: round(value, 6) for stage, value in seconds.items()}
        return cls(**workload.model_dump(), seconds=rounded)
