"""The checks, one module per topic; each rule looks at a case and yields remarks."""

from collections.abc import Callable, Iterator

from wizard.certificate.rules import chain, dates, key, name, usage
from wizard.certificate.rules.case import Case, Remark

Rule = Callable[[Case], Iterator[Remark]]

# The order in which the user reads them: what makes the rest pointless comes first.
RULES: tuple[Rule, ...] = (
    key.belongs,
    name.fits,
    dates.clocks,
    dates.within,
    chain.trusted,
    key.kind,
    key.understood_by_cht,
    usage.not_authority,
    usage.extended_key_usage,
    usage.key_usage,
    usage.signature,
    usage.critical,
    usage.must_staple,
    usage.lifetime,
    usage.transparency,
    usage.public_key,
    dates.soon,
    chain.old_android,
    chain.regular,
    chain.order,
    chain.filled,
)
