"""The sentences of readiness: what was found, and what to do about it.

A cure is empty where there is nothing to do.
"""

from __future__ import annotations

from wizard.problem import Words

WORDS: Words = {
    # what only people can tell
    "open": ("{question}", "For example: {example}"),
    "answered": ("You wrote down: {answer}", ""),
    "not-looked": (
        "The server was not asked.",
        "Connect to the server and look again.",
    ),
    # hardware
    "memory-enough": ("The server has {size} of memory; the CHT asks for 8 GB.", ""),
    "memory-small": (
        "The server has {size} of memory; the CHT asks for 8 GB.",
        "With few users it may run, slowly. Add memory before there are more users, or plan for "
        "another computer.",
    ),
    "memory-unknown": (
        "The server does not tell how much memory it has.",
        "Look at its label or its papers: the CHT asks for 8 GB.",
    ),
    "cpus-enough": ("The server has {count} processor cores; the CHT asks for 4.", ""),
    "cpus-few": (
        "The number of processor cores is {count}; the CHT asks for 4.",
        "With few users it may run, slowly. Plan for another computer before there are more users.",
    ),
    "cpus-unknown": (
        "The server does not tell how many processor cores it has.",
        "Look at its label or its papers: the CHT asks for 4.",
    ),
    "architecture-unfit": (
        "The server's processor or system is of the kind {architecture}, for which there is no "
        "CHT 4 or 5.",
        "Use a computer with a 64-bit system (amd64 or arm64).",
    ),
    "disk-enough": ("The disk has {size}; the CHT asks for 100 GB.", ""),
    "disk-small": (
        "The disk has {size}; the CHT asks for 100 GB.",
        "Replace it with a larger SSD before the database grows, and look at the free space every "
        "month.",
    ),
    "disk-unknown": (
        "The server does not tell how large its disk is.",
        "Run `df -h` on the server: the CHT asks for 100 GB.",
    ),
    "disk-read-only": (
        "The disk at {mount} can only be read: nothing new is stored.",
        "A disk that turns read-only is often about to fail. Make a backup now, then have it "
        "examined or replaced.",
    ),
    "disk-errors": (
        "The file system at {mount} has counted errors: {count}.",
        "Make a backup now. Then have the disk examined (fsck, smartctl) and replaced if it goes "
        "on.",
    ),
    "drive-failing": (
        "A disk says of itself that it is about to fail: {devices}.",
        "Make a backup today, and replace the disk.",
    ),
    "drive-good": ("The disks say of themselves that they are well (SMART).", ""),
    "drive-unknown": (
        "It is not known whether a disk is about to fail.",
        "The next time the server has Internet, install smartmontools, which asks the disks.",
    ),
    "clock-kept": ("The server has a clock that goes on while it is off.", ""),
    "clock-none": (
        "The server has no clock of its own: after each power failure its time is wrong.",
        "Add a clock module with a battery (RTC). Until then, set the time after each power "
        "failure: with a wrong one, phones refuse the certificate or store wrong dates.",
    ),
    # power
    "parts-return": ("All parts of the CHT start by themselves ({count}).", ""),
    "parts-stay": (
        "These parts of the CHT do not start by themselves after a power failure: {names}.",
        "Run on the server: docker update --restart always {command}",
    ),
    "parts-stopped": (
        "These parts of the CHT do not run now: {names}.",
        "Restart the server. If they still do not run, call the person who installed the CHT.",
    ),
    "parts-none": (
        "No part of the CHT was found in Docker, so it is not known whether the CHT starts by "
        "itself.",
        "Try the restart test.",
    ),
    "parts-unknown": (
        "Docker could not be asked whether the CHT starts by itself.",
        "Look whether Docker runs (sudo systemctl status docker), then look again.",
    ),
    "services-return": ("These services start by themselves: {names}.", ""),
    "services-stay": (
        "These services do not start by themselves after a power failure: {names}.",
        "Apply the site's settings once more. For Docker, run on the server: "
        "sudo systemctl enable docker",
    ),
    "services-unknown": (
        "The server does not tell which services start by themselves.",
        "Try the restart test.",
    ),
    "version-stays": (
        "CHT {version} is known to stay down after some restarts, until somebody restarts all its "
        "parts.",
        "Try the restart test, several times. Plan an update to 4.10 or newer.",
    ),
    "ups-watched": ("A UPS is connected, and the server watches it ({name}).", ""),
    "ups-unwatched": (
        "A UPS is connected ({name}), but nothing on the server watches it: when its battery is "
        "empty, the power goes in the middle of the work.",
        "Have NUT (nut-client) or apcupsd set up, which shuts the server down in time.",
    ),
    "battery": ("The computer has a battery of its own.", ""),
    "ups-none": (
        "No UPS is connected to the server with a data cable.",
        "Use a small UPS with a USB cable, for the switch and the access point too. If a UPS "
        "without a data cable is there, write that down.",
    ),
    "ups-told": (
        "No UPS tells the server when the power fails, so it cannot shut down in time by itself.",
        "If what you wrote down names a UPS, see whether it has a USB socket, and connect it.",
    ),
    "ups-unknown": (
        "It is not known whether a UPS is connected.",
        "Look at the server's cables, and write down what you find.",
    ),
    "ends-planned": ("The server was shut down properly the last {count} times.", ""),
    "ends-unplanned": (
        "Of the last {count} runs of the server, {unplanned} ended without a shutdown, by a power "
        "failure or a crash.",
        "A UPS protects the database. Look also at the plug: is the server on a switched socket?",
    ),
    "ends-unknown": (
        "The server does not remember how its earlier runs ended.",
        "Write down how often the power fails.",
    ),
    "passphrase-at-start": (
        "The disk is encrypted: does somebody have to type a passphrase at every start?",
        "If so, the server stays off after a power failure until that person comes. Write down who "
        "that is, at night too.",
    ),
    # backups
    "backups-run": ("The server makes backups by itself: {jobs}.", ""),
    "backups-idle": (
        "A backup is set up but does not run: {jobs}.",
        "Look whether its timer, or cron, is switched on. Then look for the newest copy.",
    ),
    "backups-old": (
        "The last backup ran {days} days ago: {jobs}.",
        "Look whether the backup disk is connected and has room, and run the backup by hand once.",
    ),
    "backups-never": (
        "A backup is set up and has not run yet: {jobs}.",
        "Run it by hand once, and look whether the copy can be read.",
    ),
    "backups-none": (
        "Nothing on the server makes backups by itself.",
        "Set one up (the CHT's pages describe borg), or write down who copies the database, and "
        "when.",
    ),
    "backups-told": (
        "Nothing on the server makes backups by itself, so it cannot tell whether what you wrote "
        "down is done.",
        "Look for the newest copy, and restore it once on another computer for a try.",
    ),
    "backups-unknown": (
        "The server does not tell whether it makes backups by itself.",
        "Ask the person who installed the CHT, and write down the answer.",
    ),
    # scale
    "space-enough": (
        "The database takes {size}, and {free} are free. Some updates of the CHT need five times "
        "what the database takes.",
        "",
    ),
    "space-short": (
        "The database takes {size}, and only {free} are free. Some updates of the CHT need five "
        "times what the database takes.",
        "Make room or add a larger disk before the next update.",
    ),
    "space-uncounted": (
        "The database is so large that it was not counted to its end: at least {size}. Free are "
        "{free}.",
        "Run on the server: sudo du -sh {path}. Five times that should be free.",
    ),
    "space-unknown": (
        "It is not known how much space the database takes. Free are {free}.",
        "Ask the person who installed the CHT where the database lies. Five times what it takes "
        "should be free.",
    ),
    # updates
    "updates-restart": (
        "The server may restart by itself after it has installed updates.",
        "Set Unattended-Upgrade::Automatic-Reboot to “false” in "
        "/etc/apt/apt.conf.d/50unattended-upgrades, so that it restarts when you want it to.",
    ),
    "updates-automatic": (
        "Whenever the server has Internet, it installs security updates by itself, and does not "
        "restart for them.",
        "",
    ),
    "updates-none": (
        "The server does not install security updates by itself.",
        "Somebody has to bring them: write down who connects the server to the Internet for that, "
        "and how often.",
    ),
    "updates-told": (
        "The server does not install security updates by itself; somebody has to do what you "
        "wrote down.",
        "Ask when that was done last.",
    ),
    "updates-unknown": (
        "The server does not tell whether it installs updates by itself.",
        "Write down who brings updates, and how often.",
    ),
    # security
    "encrypted": ("The disk that holds the data is encrypted.", ""),
    "not-encrypted": (
        "The disk that holds the data is not encrypted: whoever takes it can read them.",
        "Lock the room and the server away. Encryption (LUKS) is chosen when the system is "
        "installed; somebody then has to type a passphrase after every power failure.",
    ),
    "encryption-unknown": (
        "It is not known whether the disk that holds the data is encrypted.",
        "Ask the person who installed the server.",
    ),
    "ssh-keys": ("Logging in to the server over SSH needs a key; passwords are refused.", ""),
    "ssh-passwords": (
        "Logging in to the server over SSH is possible with a password, so everybody on the "
        "network can try some.",
        "Use a long password that is used nowhere else, or have logins by key set up.",
    ),
    "ssh-root": (
        "The user root may log in over SSH with a password.",
        "Have “PermitRootLogin prohibit-password” set in /etc/ssh/sshd_config: root is the first "
        "name that everybody tries.",
    ),
    "ssh-unknown": (
        "It is not known who may log in to the server over SSH.",
        "Ask the person who installed the server whether passwords are accepted.",
    ),
    "firewall-on": (
        "A firewall is switched on ({kind}). Docker's own ports pass it.",
        "",
    ),
    "firewall-off": (
        "No firewall is switched on: everybody on the network reaches everything that runs on the "
        "server.",
        "Have ufw set up, and let through SSH, DNS, DHCP, http and https. This program opens what "
        "it needs in ufw and firewalld.",
    ),
    "firewall-unknown": (
        "It is not known whether a firewall is switched on.",
        "Ask the person who installed the server.",
    ),
    # renewals
    "certificate-lasts": ("The certificate is valid until {date}, for {days} more days.", ""),
    "certificate-soon": (
        "The certificate ends on {date}. Days left: {days}.",
        "Fetch a new one now, and install it (Renew the certificate).",
    ),
    "certificate-over": (
        "The certificate has ended on {date}: phones refuse to talk to the server.",
        "Fetch a new one today, and install it (Renew the certificate).",
    ),
    "certificate-unknown": (
        "It is not known when the certificate ends.",
        "Choose the certificate's files.",
    ),
}
