"""Times as people type them: a date, a time, or how long ago."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    TextType = click.ParamType[Any, Any]
else:
    TextType = click.ParamType  # older clicks know no parameters of it

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str) -> str:
    """A date or a time, UTC where no zone is given, or how long ago (`1h`, `2d`), as the gateway writes times.

    Raises:
        click.BadParameter: it is neither.
    """
    ago = re.fullmatch(r"([0-9]{1,9})\s*([smhdw])", text.strip())
    try:
        then = datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])}) if ago else datetime.fromisoformat(text)
        then = then.replace(tzinfo=UTC) if then.tzinfo is None else then.astimezone(UTC)
    except OverflowError:
        raise click.BadParameter(f"{text} is too long ago.") from None
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a time in ISO 8601 nor how long ago, like 10m.") from None
    return then.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


class Moment(TextType):
    """A time in the past, or how long ago."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The moment that is meant."""
        try:
            return moment(str(value))
        except click.BadParameter as error:
            self.fail(error.message, param, ctx)


MOMENT = Moment()
