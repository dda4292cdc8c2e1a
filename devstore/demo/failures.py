"""What ends a demo before its time."""


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


class Stopped(BaseException):
    """Somebody asked the demo to end (Ctrl-C, SIGTERM, SIGHUP)."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by signal {signum}")
        self.signum = signum
