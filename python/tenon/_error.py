"""The one exception of the module."""


class Error(Exception):
    """What went wrong: `str(e)` says it, `e.id` is stable across releases ("TN302"), `e.code` groups ("unsupported")."""

    def __init__(self, text, id, code):
        super().__init__(text)
        self.id = id
        self.code = code
