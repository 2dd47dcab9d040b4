"""Keeps what hypothesis remembers out of the source tree."""

import tempfile

from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(tempfile.gettempdir() + "/hypothesis-site")
