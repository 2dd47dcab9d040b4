"""The topics of readiness, in the order in which they are read: why each matters, what is asked.

Source: the considerations of CHT's hosting pages (cht-docs, hosting/cht/considerations.md and
requirements.md) and its former page on offline hosting.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One consideration. `code` is its key in the site file; `example` answers `question`."""

    code: str
    title: str
    why: str
    question: str
    example: str


TOPICS = (
    Topic(
        "hardware",
        "Hardware",
        "The CHT asks for 8 GB of memory, 4 processor cores and 100 GB of disk. Whatever breaks on "
        "site has to be mended with what is there.",
        "Where does the server stand, and which spare parts are there?",
        "Locked cupboard in the pharmacy, off the floor. A spare power supply and a spare switch "
        "are in the drawer below.",
    ),
    Topic(
        "alerting",
        "Alerting",
        "Without Internet nobody hears of a fault from afar. People on site are the alarm.",
        "Who looks at the server, at what, and how often? Whom do they call?",
        "The clerk syncs one phone every morning. If that fails she calls Amina, who runs the live "
        "check.",
    ),
    Topic(
        "power",
        "Power failures and restarts",
        "After a power failure everything has to come back by itself, at night too. A database can "
        "be damaged when the power goes in the middle of writing.",
        "How often does the power fail, what bridges it, and does the computer switch itself on "
        "when the power returns?",
        "Twice a week for up to an hour. A UPS holds 40 minutes, for the server, the switch and "
        "the access point. It switches itself on: tried on 3 March.",
    ),
    Topic(
        "backups",
        "Backups",
        "Phones hold only a part of the data. If the disk dies without a backup, the register of "
        "patients is gone.",
        "Onto what is the database copied, how often and by whom? When was it last restored for a "
        "try?",
        "Every night to a USB disk, encrypted. On Fridays Joseph takes a second disk to the "
        "district office. Restored on a laptop in May.",
    ),
    Topic(
        "disaster_recovery",
        "Disaster recovery",
        "Fire, theft and floods take the server and everything beside it. Offline, its replacement "
        "cannot simply be downloaded.",
        "Which computer takes over, where is the CHT's software for it, and how long may it take?",
        "The old laptop in the district office. The CHT's images are on the backup disk. Two days.",
    ),
    Topic(
        "scale",
        "Scale",
        "The database only grows, and some updates of the CHT need up to five times the space that "
        "it takes now.",
        "How many users and phones are there today, and how many will there be in two years?",
        "25 users today, 60 in two years. The database grows by about 1 GB a month.",
    ),
    Topic(
        "updates",
        "Updates",
        "The CHT's own page for updates needs the Internet. Phones update their browser through "
        "the app store, which they do not reach here either.",
        "Who brings updates of the CHT, the server and the phones, how often, and by which way?",
        "Once a year Amina takes the server to the district office and makes a backup first. "
        "Phones are updated there at the monthly meeting.",
    ),
    Topic(
        "security",
        "Security",
        "Whoever takes the disk of a server that is not encrypted has the register of patients. "
        "Whoever is on the Wi-Fi reaches the server.",
        "Who may enter the room, who knows the passwords of the server and of the Wi-Fi, and where "
        "are they kept?",
        "Only the two nurses have the key. The passwords are in a sealed envelope in the safe.",
    ),
    Topic(
        "privacy",
        "Privacy",
        "Data of patients lie on every phone as well as on the server.",
        "Do all phones have a screen lock, does each user have a login of their own, and who locks "
        "the login of a lost phone?",
        "All phones have a PIN. Nobody shares a login. A lost phone is reported to Amina, who "
        "changes that user's password the same day.",
    ),
    Topic(
        "renewals",
        "Renewals",
        "When the certificate or the registration of the domain ends, phones refuse to talk to the "
        "server. Users who are logged in may not notice that nothing is synced any more.",
        "Who fetches the new certificate, who brings it here, and until when is the domain paid?",
        "Joseph fetches it in town every second month and runs the renewal here. The domain is "
        "paid by the ministry until June 2028.",
    ),
    Topic(
        "same_domain",
        "Same domain at several sites",
        "A phone cannot tell two servers with the same domain apart. A user who moves between them "
        "with the same login carries the data of one site into the other.",
        "Do other sites use this domain? If so, do users who move between them have a different "
        "login and a different password at each?",
        "No, each of our sites has a domain of its own.",
    ),
)


def topic(code: str) -> Topic:
    """Return the topic of a code. Raises KeyError."""
    for each in TOPICS:
        if each.code == code:
            return each
    raise KeyError(code)
