"""Settings of the choice between channels."""

from pydantic import Field, NonNegativeInt

from services.notifier.settings.base import EVERYBODY, PrefixedSettings


class ChoiceSettings(PrefixedSettings):
    """What a notice costs by each channel; only compared."""

    channel_costs: dict[str, dict[str, NonNegativeInt]] = Field(
        default={},
        description="JSON by creditor (`*` for all others), then by channel: what a notice costs, "
        "in whatever unit; the cheapest goes first where the policy asks for it",
    )

    def costs(self, creditor: str) -> dict[str, int]:
        """What a notice of a creditor costs, by channel."""
        return self.channel_costs.get(creditor, self.channel_costs.get(EVERYBODY, {}))
