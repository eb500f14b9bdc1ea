"""Which part of a long list is on a page."""

from dataclasses import dataclass

PAGE_SIZE = 50


@dataclass(frozen=True)
class Paging:
    """One page of a list of `total` things; a page that doesn't exist is the nearest one that does."""

    asked_page: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def page(self) -> int:
        """The page that is shown, from 1."""
        return min(max(self.asked_page, 1), self.pages)

    @property
    def offset(self) -> int:
        """How many things come before this page."""
        return (self.page - 1) * self.size

    @property
    def first(self) -> int:
        """The number of the first thing on the page, from 1; 0 for an empty list."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """The number of the last thing on the page."""
        return min(self.offset + self.size, self.total)
