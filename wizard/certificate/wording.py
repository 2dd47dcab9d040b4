"""Every sentence of this room, by code; the one file a translator needs."""

# code -> (what is wrong, what to do about it), templates for `str.format`.
ERRORS: dict[str, tuple[str, str]] = {
    "nothing-chosen": (
        "No file was chosen.",
        "Choose the certificate file and the key file.",
    ),
    "file-missing": (
        "The file {file} is not there.",
        "Choose it again. If it is on a USB stick, check that the stick is plugged in.",
    ),
    "link-broken": (
        "The file {file} is only a link, and the file it leads to is not here.",
        (
            "Copy the files themselves. With certbot they lie in the folder archive; the folder "
            "live beside it holds links to them."
        ),
    ),
    "nothing-inside": (
        "There is neither a certificate nor a key in {file}.",
        "Choose the folder or the zip file that came from where you ordered the certificate.",
    ),
    "folder-too-large": (
        "The folder {file} holds too many files to look through.",
        "Put the certificate files into a folder of their own, and choose that.",
    ),
    "zip-locked": (
        "The zip file {file} is protected with a password.",
        "Unpack it with its password, then choose the folder with the files.",
    ),
    "zip-too-large": (
        "The zip file {file} holds far more than certificates.",
        "Unpack it, and choose only the certificate and the key.",
    ),
    "zip-inside": (
        "The zip file {file} lies inside another one and was not opened.",
        "Unpack the outer one, then choose {file}.",
    ),
    "archive-other": (
        "The file {file} is packed in a way that this program does not open.",
        "Unpack it, then choose the folder with the files. A zip file need not be unpacked.",
    ),
    "java-key-store": (
        "The file {file} is a key store of Java. This program does not open it.",
        "Ask the person who made it to export the certificate and the key as a .p12 or .pfx file.",
    ),
    "file-no-permission": (
        "You are not allowed to open the file {file}.",
        "Copy it to a folder of your own, or ask the person who made it for a copy you may read.",
    ),
    "file-unreadable": (
        "The file {file} cannot be read.",
        "Copy it to this laptop again and choose the copy.",
    ),
    "file-empty": (
        "The file {file} is empty.",
        "The copy probably failed. Copy the file again and wait until copying has finished.",
    ),
    "file-too-large": (
        "The file {file} is far too large for a certificate.",
        "Choose another file. A certificate or key is rarely larger than a few pages of text.",
    ),
    "cut-off": (
        "The file {file} is cut off: a part of it is missing.",
        (
            "Copy the whole file again. If you copied text, take everything from the first line "
            "with BEGIN to the last line with END."
        ),
    ),
    "damaged": (
        "The file {file} is damaged: what it contains cannot be read.",
        "Copy or download the file again. Do not open and save it in a text program.",
    ),
    "html": (
        "The file {file} is a web page, not a certificate.",
        "Probably a log-in or error page was saved. Download the certificate again.",
    ),
    "ssh-key": (
        "The file {file} is an SSH key. It is for logging in to a server, not for a certificate.",
        (
            "Choose the private key that was made together with the certificate. "
            "It is often called privkey.pem or key.pem."
        ),
    ),
    "putty-key": (
        "The file {file} is a PuTTY key. It is for logging in to a server, not for a certificate.",
        (
            "Choose the private key that was made together with the certificate. "
            "It is often called privkey.pem or key.pem."
        ),
    ),
    "csr": (
        "The file {file} is a request for a certificate, not the certificate itself.",
        "Send the request to a certificate authority. Choose the file that you get back.",
    ),
    "not-certificate": (
        "There is no certificate in the file {file}.",
        (
            "Choose the certificate file. It is often called fullchain.pem, cert.pem or ends "
            "in .crt, .pfx or .p12."
        ),
    ),
    "no-certificate": (
        "There is a key in the files you chose, but no certificate.",
        "Choose the certificate file as well. It is often called fullchain.pem or cert.pem.",
    ),
    "no-key": (
        "There is no private key in the files you chose.",
        "Choose the key file as well. It is often called privkey.pem or key.pem.",
    ),
    "several-keys": (
        "The files you chose contain certificates for different sites, each with its own key.",
        "Choose only the certificate for your domain and the key that belongs to it.",
    ),
    "key-mismatch": (
        "The key does not belong to the certificate ({names}).",
        (
            "Choose the key that was made together with this certificate. "
            "After a renewal the old key often no longer fits."
        ),
    ),
    "key-unreadable": (
        "The private key in the file {file} is of a kind that this program does not know.",
        "Ask for a new certificate with an RSA key of 2048 bits.",
    ),
    "fetch-nowhere": (
        "The certificate does not say where the missing part can be fetched.",
        "Choose the file with the full chain. It is offered where the certificate came from.",
    ),
    "fetch-failed": (
        "The missing part could not be fetched from {host}.",
        "Check that this laptop is on the Internet, or choose the file with the full chain.",
    ),
    "fetch-useless": (
        "What {host} sent is not the missing part of the chain.",
        "Choose the file with the full chain. It is offered where the certificate came from.",
    ),
    "passphrase-needed": (
        "The file {file} is protected with a password.",
        "Type the password that was chosen when the file was made.",
    ),
    "lock-too-old": (
        "The file {file} is protected in an old way that cannot be opened on this laptop.",
        (
            "Ask the person who made it to export it again with a newer protection (AES), "
            "or open it on another laptop."
        ),
    ),
    "passphrase-wrong": (
        "The password for the file {file} is wrong.",
        "Type it again. Watch out for capital letters and the language of the keyboard.",
    ),
}

FINDINGS: dict[str, tuple[str, str]] = {
    "unreadable": (
        "A part of this certificate cannot be read, so it cannot be judged.",
        "Download the certificate again. If that does not help, ask for a new one.",
    ),
    "key-missing": (
        "The private key is missing. The server cannot use the certificate without it.",
        "Choose the key file as well. It is often called privkey.pem or key.pem.",
    ),
    "key-on-server": (
        "The key stays on the server. It belongs to this certificate.",
        "Nothing has to be done: no key file is needed.",
    ),
    "domain-invalid": (
        '"{domain}" cannot be a domain name.',
        "Use only letters, digits, hyphens and dots, for example cht.example.org.",
    ),
    "name-missing": (
        (
            'This certificate names its site the old way only ("common name": {common_name}). '
            "Phones and browsers no longer accept that."
        ),
        "Ask for a certificate that lists {domain} as a subject alternative name (SAN).",
    ),
    "name-is-address": (
        "{domain} is an address, and this certificate is not for that address. It is for {names}.",
        "Use a domain name that the certificate is for, not an address.",
    ),
    "name-wildcard-depth": (
        (
            "The certificate is for {wildcard}. The star stands for one part of the name only, "
            "so it does not fit {domain}."
        ),
        (
            "Choose a domain with exactly one part in place of the star, "
            "or ask for a certificate for {domain}."
        ),
    ),
    "name-wildcard-apex": (
        (
            "The certificate is for {wildcard}. The star must stand for something, "
            "so it does not fit {domain} itself."
        ),
        (
            "Choose a domain with one more part in front, such as cht.{domain}, "
            "or ask for a certificate for {domain}."
        ),
    ),
    "name-wildcard-public": (
        (
            "The certificate is for {wildcard}, below which anybody may have a name of their own. "
            "Phones and browsers refuse so wide a star."
        ),
        "Ask for a certificate for {domain}.",
    ),
    "name-mismatch": (
        "This certificate is for {names}, but your domain is {domain}.",
        "Ask for a certificate for {domain}, or change the domain.",
    ),
    "no-clock": (
        (
            "The date cannot be checked: {clocks} cannot be right, because this program was made "
            "on {built}."
        ),
        "Set the date and time of the laptop, then try again.",
    ),
    "laptop-clock-behind": (
        (
            "The clock of this laptop says {laptop}. That cannot be right, because this program "
            "was made on {built}."
        ),
        "Set the date and time of the laptop.",
    ),
    "server-clock-behind": (
        (
            "The clock of the server says {server}. That cannot be right, because this program "
            "was made on {built}."
        ),
        "Set the date and time of the server.",
    ),
    "clocks-differ": (
        (
            "The laptop and the server do not agree on the time: the laptop says {laptop}, "
            "the server says {server}. {suspect}"
        ),
        "Compare both with a phone or a watch, and set the one that is wrong.",
    ),
    "expired": (
        "This certificate ended on {date}.",
        "Ask for a new certificate for {domain}. Phones do not connect with this one.",
    ),
    "expired-by-one-clock": (
        (
            "By the clock of the {clock} this certificate ended on {date}; by the clock of the "
            "{other} it is still good."
        ),
        "Set the clock that is wrong. If the {clock} is right, ask for a new certificate.",
    ),
    "not-yet-valid": (
        (
            "This certificate begins on {date}, and by the clock that day has not come. "
            "Most often the clock is wrong, not the certificate."
        ),
        (
            "Compare the date of the laptop and of the server with a phone, and set the one that "
            "is wrong."
        ),
    ),
    "not-yet-valid-by-one-clock": (
        (
            "By the clock of the {clock} this certificate has not begun (it begins on {date}). "
            "The {other} disagrees, so the clock of the {clock} is probably wrong."
        ),
        "Set the date and time of the {clock}.",
    ),
    "expires-soon": (
        "This certificate ends soon: on {date}. Days left: {days}.",
        "Renew it now, or make sure that your next visit is before {date}.",
    ),
    "chain-reordered": (
        "The certificates in the file were in the wrong order.",
        "Nothing to do: they are put into the right order when they are sent to the server.",
    ),
    "chain-filled": (
        'The certificate of "{subject}" was missing. It was added from this program\'s own set.',
        "Nothing to do: it is sent to the server with the others.",
    ),
    "chain-fetched": (
        'The certificate of "{subject}" was missing. It was fetched from {host}.',
        "Nothing to do: it is sent to the server with the others.",
    ),
    "self-signed": (
        (
            "This certificate was signed by itself, not by a certificate authority. "
            "The CHT app does not connect with it."
        ),
        (
            "Ask a public certificate authority, such as Let's Encrypt, for a certificate "
            "for {domain}."
        ),
    ),
    "private-ca": (
        (
            'This certificate comes from "{issuer}". Phones do not know this authority, '
            "so the CHT app does not connect."
        ),
        (
            "Ask a public certificate authority, such as Let's Encrypt, for a certificate "
            "for {domain}. Installing the authority on the phones does not help: the CHT app "
            "ignores it."
        ),
    ),
    "untrusted": (
        (
            'This certificate goes back to "{issuer}", which is not, or no longer, on the list '
            "of trusted authorities."
        ),
        (
            "Ask another public certificate authority, such as Let's Encrypt, for a certificate "
            "for {domain}."
        ),
    ),
    "chain-incomplete": (
        (
            'The chain is incomplete: the certificate of "{issuer}" is missing. A computer often '
            "helps itself, but the CHT app does not connect."
        ),
        (
            "Choose the file with the full chain as well. It is often called fullchain.pem, "
            "chain.pem or ca-bundle.crt, and is offered where the certificate came from."
        ),
    ),
    "chain-certificate-expired": (
        (
            'A part of the chain, "{subject}", is valid only from {begin} to {end}. '
            "Without it phones do not trust the certificate."
        ),
        "Download the present chain from where the certificate came from, and choose it instead.",
    ),
    "chain-certificate-weak": (
        'A part of the chain, "{subject}", is signed in an old way ({hash}) that phones refuse.',
        "Download the present chain from where the certificate came from, and choose it instead.",
    ),
    "practice-root": (
        'This is a certificate of the practice clinic. Its authority "{issuer}" counts as a '
        "public one here.",
        "A real one comes from a public authority: phones know only those.",
    ),
    "extra-root-only": (
        (
            'This certificate is trusted only because you added the authority "{issuer}". '
            "Phones do not know it."
        ),
        "Use it only with an app that was built for this authority.",
    ),
    "browsers-only": (
        (
            'Only browsers that were told to trust "{issuer}" connect with this certificate. You '
            "accepted that the CHT app refuses it."
        ),
        (
            "For the CHT app, ask a public certificate authority, such as Let's Encrypt, for a "
            "certificate for {domain}."
        ),
    ),
    "root-irregular": (
        (
            'The authority "{issuer}", or what it signed, is not made by the rules for public '
            "authorities. Browsers take it; stricter programs refuse it."
        ),
        "Nothing to do for browsers. Whoever runs the authority may want to make it anew.",
    ),
    "android-before-7.1.1": (
        (
            'Phones with Android older than 7.1.1 do not know the authority "{root}", so the CHT '
            "app cannot connect there."
        ),
        "If you have such phones, update them, or use a certificate of another authority.",
    ),
    "android-before-14": (
        (
            'Phones with Android older than 14 do not know the authority "{root}", so the CHT app '
            "cannot connect there."
        ),
        (
            "Use the full chain from where the certificate came from: it may lead to an older "
            "authority as well. Otherwise use a certificate of another authority."
        ),
    ),
    "android-versions": (
        (
            'Phones with these versions of Android do not know the authority "{root}": {versions}. '
            "The CHT app cannot connect there."
        ),
        "If you have such phones, update them, or use a certificate of another authority.",
    ),
    "no-sct": (
        (
            "This certificate carries no proof that it was published in a public log. "
            "Up-to-date browsers refuse such certificates; the CHT app does not."
        ),
        "Ask the certificate authority for a certificate with Certificate Transparency (SCT).",
    ),
    "few-sct": (
        (
            "This certificate proves {count} times that it was published in a public log, and "
            "up-to-date browsers want {wanted}. The CHT app does not mind."
        ),
        "Ask the certificate authority for a certificate with Certificate Transparency (SCT).",
    ),
    "key-kind": (
        "The key of this certificate is of the kind {key}. Phones cannot use it.",
        "Ask for a new certificate with an RSA key of 2048 bits.",
    ),
    "key-small": (
        "The key of this certificate ({key}) is too short to be safe.",
        "Ask for a new certificate with an RSA key of 2048 bits.",
    ),
    "rsa-demanded": (
        (
            "The key of this certificate is of the kind {key}, but CHT {version} can use RSA keys "
            "only."
        ),
        "Ask for a new certificate with an RSA key, or update CHT to 4.3.0 or newer first.",
    ),
    "rsa-advised": (
        (
            "The key of this certificate is of the kind {key}. CHT older than 4.3.0 can use RSA "
            "keys only, and the version of your CHT is not known."
        ),
        "Check that CHT is 4.3.0 or newer. If it is older, ask for a certificate with an RSA key.",
    ),
    "leaf-is-ca": (
        "This is the certificate of an authority, not of a site.",
        "Choose the certificate for {domain}. If there is none, ask for one.",
    ),
    "eku-no-server": (
        "This certificate is not made for a server (its permitted uses are: {uses}).",
        "Ask for a server certificate (TLS web server authentication) for {domain}.",
    ),
    "eku-absent": (
        "This certificate does not say that it is made for a server. Some phones may refuse it.",
        "Ask for a server certificate (TLS web server authentication) when you renew it.",
    ),
    "key-usage": (
        (
            "The key of this certificate may not be used for signing. "
            "Chrome and the CHT app refuse such a certificate."
        ),
        'Ask for a new certificate with the key usage "digital signature".',
    ),
    "must-staple": (
        (
            "This certificate demands a fresh proof from the Internet at each visit (must-staple). "
            "A server without Internet can never give it, so some browsers refuse."
        ),
        "Ask for a certificate without must-staple.",
    ),
    "weak-signature": (
        "This certificate is signed in an old way ({hash}) that phones refuse.",
        "Ask for a new certificate.",
    ),
    "unknown-critical": (
        (
            "This certificate demands something that phones and browsers do not know, so they "
            "refuse it."
        ),
        "Ask for an ordinary server certificate for your domain, and send the details along.",
    ),
    "lifetime-too-long": (
        (
            "This certificate is valid for {days} days. For its day of issue at most {limit} days "
            "are allowed, and browsers refuse longer ones."
        ),
        "Ask for a certificate of at most {limit} days.",
    ),
    "lifetime-unusual": (
        (
            "This certificate is valid for {days} days, longer than the {limit} days that public "
            "authorities may give."
        ),
        "Nothing to do now, but replace it early if its key was ever seen by others.",
    ),
    "public-key-wildcard": (
        (
            "Everybody can download the key of this certificate ({names}). "
            "Anyone on the network can read what is sent."
        ),
        "Use it for trying out only, never with data of patients.",
    ),
    "chain-refused": (
        (
            "A strict check refuses this certificate for a reason that this program has no better "
            "words for."
        ),
        "Ask for a new certificate, and send the details to the person who supports you.",
    ),
}

CLIENTS: dict[str, str] = {
    "app": "CHT app on Android {version}",
    "app-updated": "CHT app on Android {version} and newer",
    "app-range": "CHT app on Android {first} to {last}",
    "app-from": "CHT app on Android {first} and newer",
    "chrome-android": "Chrome on Android",
    "chrome": "Chrome and Edge on a computer",
    "firefox": "Firefox",
    "safari": "Safari",
}
"""What clients are called."""

VERDICTS: dict[str, str] = {
    "known": 'It knows the authority "{root}".',
    "updated": (
        'The authority "{root}" is newer than some of these phones. A phone that was online lately '
        "has learnt of it; one that never was has not."
    ),
    "installed": 'Only where somebody has installed the authority "{root}" on the device by hand.',
    "own-list": (
        'It does not know the authority "{root}". It trusts only what is built into the phone; an '
        "authority that was installed by hand does not count."
    ),
    "by-hand": (
        'It does not know the authority "{root}". Somebody would have to install it by hand on '
        "each device."
    ),
    "unknown": 'It does not know the authority "{root}".',
}
"""Why a client accepts or refuses, where no finding says it."""

PHONES: dict[str, str] = {
    "accepted": "{who}: accepted until {date}.",
    "condition": "{who}: accepted until {date}, on one condition.",
    "unsure": "{who}: some of them accept it.",
    "refused": "{who}: refused.",
    "nobody": "No phone and no browser will accept it.",
}
"""A row for clients that say the same."""

CLOCK_SUSPECT: dict[str, str] = {
    "laptop": "The clock of the laptop is probably wrong.",
    "server": "The clock of the server is probably wrong.",
    "unknown": "One of the two is wrong.",
}

# Both families share "key-mismatch", told once.
WORDS: dict[str, tuple[str, str]] = {**FINDINGS, **ERRORS}
