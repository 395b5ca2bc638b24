"""Errors that a user can mend: one sentence each, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager


class UserError(Exception):
    """A mistake in the user's input, told in one sentence.

    The sentence names the file, the key, what was found and what was expected, as far as they apply.
    """


_DISK_ERRORS = {
    errno.ENOSPC: "no space is left on the device",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission is denied",
}


def describe_os_error(error: OSError) -> str:
    """Say in one sentence why a file could not be read or written."""
    reason = _DISK_ERRORS.get(error.errno or 0, (error.strerror or str(error)).lower())
    path = error.filename or "an output file"
    return f"{path}: {reason}; nothing that was finished before is lost, free the cause and run again"


@contextmanager
def sentences_for_users() -> Iterator[None]:
    """Turn a user's mistake or a disk fault into one line on stderr and exit code 1.

    Anything else is a defect of ours and keeps its traceback.
    """
    try:
        yield
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # who read the output has seen enough; nothing more is flushed
        sys.exit(1)
    except BrokenProcessPool:
        sys.exit("error: a worker process was ended from outside, most likely for lack of memory; use fewer --jobs")
    except MemoryError:
        sys.exit("error: there is not enough memory for this; work on shorter sounds, or with fewer processes")
    except OSError as error:
        if error.errno is None:
            raise
        sys.exit(f"error: {describe_os_error(error)}")
