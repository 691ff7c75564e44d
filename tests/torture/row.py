"""The result of an attack, one row of the table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What an attack found; `tried` is `survived + lost + wrong`.

    Attributes:
        test: what was done, in a few words.
        tried: number of attempts: requests, kills, flipped bits, jobs.
        survived: those after which everything was as promised.
        lost: those after which something that was acknowledged was gone, or a process that should live had died.
        wrong: those after which an answer differed from the true one without saying so.
        notes: figures that the table's reader needs, such as the number of kills.
    """

    test: str
    tried: int
    survived: int
    lost: int = 0
    wrong: int = 0
    notes: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was lost or wrong."""
        return self.tried > 0 and self.survived == self.tried
