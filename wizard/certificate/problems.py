"""The errors of this room: files that give no certificate which could be judged at all."""

from typing import ClassVar

from wizard.certificate.wording import ERRORS
from wizard.problem import UserError, Words


class CertificateError(UserError):
    """What is wrong with the chosen files; `code` is a key of `wording.ERRORS`."""

    words: ClassVar[Words] = ERRORS
