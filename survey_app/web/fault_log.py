"""Writing down an unexpected error: its kinds and the places it passed, and none of the data that it quotes."""

import traceback


def describe_fault(error: BaseException) -> str:
    """Return an error and what caused it, the first cause first, as lines of code without their messages.

    A message may quote what people typed, as a database's does: a name, a phone number, a token.
    """
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    parts = ("".join(traceback.format_tb(each.__traceback__)) + _kind(each) for each in reversed(chain))
    return "\n".join(parts)


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"
