"""Files that people send stay in memory and small: none is ever laid on a disk, and a large one is not read at all."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

MOST_BYTES = 512 * 1024
"""Of a whole request with a file. What a form takes of it, it says in words."""


class SmallFiles(MemoryFileUploadHandler):
    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any) -> None:
        if content_length > MOST_BYTES:
            raise RequestDataTooBig("A request with a file is too large.")
        # Smaller than what Django keeps in memory.
        self.activated = True
