"""Every sentence about the next visit, by what the planner found; a translator's file.

The planner's codes are the keys (wizard.certificate.planner); dates come in words.
"""

from __future__ import annotations

# By state, and "must" for a renewal that cannot wait for the usual next visit.
HEADLINES: dict[str, str] = {
    "clock": "The clock of this laptop is wrong: it says {today}. Set it, then the next visit can "
    "be planned.",
    "early": "The clock of this laptop says {today}, but the certificate begins on {begin}. Set "
    "the clock, then the next visit can be planned.",
    "fresh": "Next visit no later than {latest}.",
    "renew": "Renew the certificate at this visit, or come again no later than {latest}.",
    "must": "Renew the certificate at this visit.",
    "overdue": "Renew the certificate at this visit: it ends on {end}.",
    "ended": "Renew the certificate now: it ended on {end}.",
}

FROM_THEN = "From {renew_from} on, renew it at any visit: a third of its life is over then."

RENEW_FROM = "From {renew_from} on, renew it at any visit."

# By how far the certificate reaches towards the usual next visit.
REACHES: dict[str, str] = {
    "lasts": "With a visit every {every} days, the next one is about {usual}: it lasts until then.",
    "tight": "With a visit every {every} days, the next one is about {usual}. The certificate "
    "ends on {end}, so a delay would be too much.",
    "too-short": "With a visit every {every} days, the next one is about {usual}. The certificate "
    "ends before that, on {end}.",
}

# What helps when the life of a certificate does not fit the visits.
COME = "Come at least every {come} days."
COME_OR_OTHER = (
    "Come at least every {come} days, or order from an authority that gives {other} days."
)

# What a coming limit does: authority, and how far its days reach between two visits.
CHANGES: dict[str, dict[str, str]] = {
    "lets-encrypt": {
        "": "From {since} on, Let's Encrypt gives {days} days.",
        "lasts": "From {since} on, Let's Encrypt gives {days} days: with a visit every {every} "
        "days that leaves {spare}, which is enough.",
        "tight": "From {since} on, Let's Encrypt gives {days} days: with a visit every {every} "
        "days that leaves {spare}, too few for a delay.",
        "too-short": "From {since} on, Let's Encrypt gives {days} days: a visit every {every} "
        "days will be too rare.",
    },
    "public": {
        "": "From {since} on, no public authority gives more than {days} days.",
        "lasts": "From {since} on, no public authority gives more than {days} days: with a visit "
        "every {every} days that leaves {spare}, which is enough.",
        "tight": "From {since} on, no public authority gives more than {days} days: with a visit "
        "every {every} days that leaves {spare}, too few for a delay.",
        "too-short": "From {since} on, no public authority gives more than {days} days: a visit "
        "every {every} days will be too rare.",
    },
}

COME_THEN = "Come at least every {come} days from then on."
COME_OR_OTHER_THEN = (
    "Come at least every {come} days from then on, or order from another authority: some give up "
    "to {other} days."
)
COME_OR_OTHER_UNTIL = (
    "Come at least every {come} days from then on, or order from another authority: before "
    "{until}, some give up to {other} days."
)
NEXT_ONE = "The next certificate is already one of these, if it is issued then."

PHONES = "The date on phones must be between {begin} and {end}."

QUESTION = "How often does somebody come?"
"""Asked on the page Done, and kept as `visit_every` in the site file."""
