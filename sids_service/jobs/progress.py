"""How far a run has come, from the stages it passes."""

from collections.abc import Mapping


class Progress:
    """Adds up the expected shares of the stages that are over; 1 is only reached by the end."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = shares
        self._over = 0.0
        self._stage = ""
        self.done = 0.0

    def entered(self, stage: str) -> None:
        """A stage begins; one that no share is known of changes nothing."""
        if stage in self._shares:
            self._over += self._shares.get(self._stage, 0.0)
            self._stage = stage
            self.advanced(0.0)

    def advanced(self, share: float) -> None:
        """This share (0 to 1) of the stage is done."""
        self.done = min(0.99, round(self._over + share * self._shares.get(self._stage, 0.0), 3))
