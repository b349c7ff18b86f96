"""The program itself: its name, its help, and how an error becomes one line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

app: Final = typer.Typer(
    name="chartside",
    help="A cited, checked and acknowledged summary of the chart, on the hospital's own machines.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with local variables could show a patient's data
)
errors: Final = Console(stderr=True, highlight=False)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """End the program with one clear line on standard error. A message is text, never markup: it may quote a name."""
    errors.print(f"[bold red]chartside:[/] {escape(message)}", soft_wrap=True)
    raise typer.Exit(code)


@contextmanager
def told(*expected: type[Exception]) -> Iterator[None]:
    """Turn the expected errors of a command into one line; their messages are written for operators."""
    try:
        yield
    except expected as error:
        fail(str(error) or type(error).__name__)


@app.callback()
def main() -> None:
    """Do nothing before the command; a program with one command would otherwise lose its name."""
    if sys.stdout.encoding.lower() not in {"utf-8", "utf8"}:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
