"""Files that people send stay in memory: none is ever laid on a disk, and a large one is not read at all."""

import re
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

MOST_BYTES = 512 * 1024
"""Of a whole request with a file. What a form takes of it, it says in words."""
MOST_IMPORTED = 64 * 1024 * 1024
"""Where somebody who is signed in brings a diary along: an Apple Health export holds all that a phone knows."""
IMPORTS = re.compile(r"/(data|clinic/patients/[0-9]+)/import/")


class SmallFiles(MemoryFileUploadHandler):
    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any) -> None:
        if content_length > self._most():
            raise RequestDataTooBig("A request with a file is too large.")
        # Whatever Django would keep in memory of it.
        self.activated = True

    def _most(self) -> int:
        request = self.request
        is_import = request is not None and IMPORTS.fullmatch(request.path) and request.user.is_authenticated
        return MOST_IMPORTED if is_import else MOST_BYTES
