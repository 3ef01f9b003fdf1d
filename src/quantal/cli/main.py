"""The entry point of the `quantal` command, light so that an interrupt is never a traceback.

Exit codes: 0 done, 1 the run failed, 2 usage, 3 the model is invalid, 4 a target was
missed, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys

INTERRUPTED = 130
"""128 + SIGINT, what a shell expects of an interrupted command."""


def main() -> None:
    """Run the command line; what the installed script and `python -m quantal` call."""
    # Starting up makes many objects and no garbage; looking for it takes a tenth of the time.
    gc.set_threshold(100_000, 50, 50)
    try:
        from quantal.cli.application import application

        application()(prog_name="quantal")
    except KeyboardInterrupt:
        code: object = INTERRUPTED
    except SystemExit as end:
        code = end.code
    else:
        code = 0
    if code == INTERRUPTED:
        print("quantal: interrupted; nothing half-written was left behind", file=sys.stderr)
        sys.stderr.flush()
        # Everything is unwound by now. Leaving by `sys.exit` would at times end as a death by
        # signal: CPython remembers an interrupt that struck while it made a dataclass.
        os._exit(INTERRUPTED)
    sys.exit(code)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
