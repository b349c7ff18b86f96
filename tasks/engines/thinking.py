"""MedGemma's thinking, cut off by code of ours: its two marks are no special tokens, so decoding leaves them in."""

from tasks.errors import CompletionUnreadable

BEGIN = "<unused94>"
END = "<unused95>"


def without_thinking(text: str) -> str:
    """The answer alone. Raises CompletionUnreadable if thinking began and did not end (models.md section 3)."""
    before, began, rest = text.partition(BEGIN)
    if not began:
        return text
    _, ended, answer = rest.partition(END)
    if not ended:
        raise CompletionUnreadable("the model thought to the end of its room and gave no answer")
    return before + answer
