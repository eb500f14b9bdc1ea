"""Read each file of a folder in a process of its own, and print the seconds and the kibibytes that refusing it took."""

import os
import resource
import sys
import time
from pathlib import Path

from survey_app.domain.sheet import UnusableFileError
from survey_app.integrations.spreadsheets import read_sheets


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def _refuse(data: bytes) -> None:
    before, start = _resident(), time.process_time()
    try:
        read_sheets(data, "x.xlsx")
    except UnusableFileError:
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(seconds, max(0, peak - before), flush=True)
    else:
        print("was not refused", flush=True)


for path in sorted(Path(sys.argv[1]).iterdir()):
    content = path.read_bytes()
    child = os.fork()
    if child == 0:
        _refuse(content)
        os._exit(0)
    os.waitpid(child, 0)
