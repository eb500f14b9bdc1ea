"""Reading a unit's library step by step, so that a page can say how far it is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from survey_app.domain.frame import FrameReading, read_frame_in_steps
from survey_app.domain.sheet import UnusableFileError
from survey_app.integrations.spreadsheets import read_sheets
from survey_app.services.frame_uploads import Upload

# As many notes of progress as a page has room for.
_STEPS = 10


@dataclass(frozen=True)
class Step:
    """How many of a file's rows have been looked at, 0 of 0 before the file is opened."""

    done: int
    total: int


class LibraryReading:
    """A file on its way to a reading; once `steps` are through, either `reading` or `fault` is there."""

    def __init__(self, upload: Upload, known_units: Collection[str]) -> None:
        """Take what is needed beforehand: nothing is asked of a database while the file is read."""
        self._upload, self._known_units = upload, known_units
        self.reading: FrameReading | None = None
        self.fault: str | None = None

    def steps(self) -> Iterator[Step]:
        """Read, and give how far it is: before the file is opened, some times on the way, and at the end."""
        yield Step(0, 0)
        try:
            sheets = read_sheets(self._upload.data, self._upload.filename)
            total = sum(len(sheet.rows) for sheet in sheets)
            reading = read_frame_in_steps(sheets, self._upload.unit or None, self._known_units)
            told = 0
            while True:
                try:
                    done = next(reading)
                except StopIteration as end:
                    self.reading = end.value
                    break
                if done - told >= total // _STEPS:
                    told = done
                    yield Step(done, total)
        except UnusableFileError as error:
            self.fault = str(error)
            return
        yield Step(total, total)

    def run(self) -> FrameReading:
        """Read without telling; raises UnusableFileError for a file that can't be used."""
        for _ in self.steps():
            pass
        if self.reading is None:
            raise UnusableFileError(self.fault)
        return self.reading
