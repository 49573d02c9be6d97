"""What a check found: one line each."""

from typing import NamedTuple


class Finding(NamedTuple):
    resource: str
    what: str
    remedy: str

    def line(self, file):
        return f"{file}: {self.resource}: {self.what}: {self.remedy}"
