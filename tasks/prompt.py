"""The prompt: fixed instructions, the record as marked data, labelled pictures, the question last, and the schema."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from fhir_adapters.history import Entry, PatientHistory, Reason
from fhir_adapters.imaging import KeyImage
from fhir_adapters.stored import canonical
from tasks.errors import PromptTooLarge, WrongPatientData
from tasks.prompt_budget import IMAGE_TOKENS, CountTokens, choose, estimate_tokens
from tasks.prompt_record import PASSAGE_LIMIT, RecordWriter, demographics, given, shortened
from tasks.sanitise import neutralise
from tasks.summary import StatementKind

TEXT_LIMIT = 240  # characters of a statement
REFS_LIMIT = 6
STATEMENTS_LIMIT = 24
DEFAULT = "chart-summary"
_MOST_HEADINGS = 20


@dataclass(frozen=True, slots=True)
class TextPart:
    """Words of the prompt, sanitised."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """A picture of the prompt; its label stands in the text before it."""

    label: str
    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """All that an engine gets. Two text parts never stand beside each other (templates join them without a gap)."""

    parts: tuple[TextPart | ImagePart, ...]
    schema: Mapping[str, Any]
    entry_ids: tuple[str, ...]
    references: Mapping[str, str] = field(repr=False)  # entry id -> FHIR reference
    patient_id: str = field(repr=False)
    fingerprint: str  # of the history
    prompt_hash: str  # SHA-256 over parts, schema and version
    version: str  # "chart-summary 1 (sha256 …)": the instructions' name, number and hash
    cut: tuple[str, ...]  # what the record has and the prompt has not, in words and counted

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The pictures, in order."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart))

    @property
    def text(self) -> str:
        """All words, in order."""
        return "\n".join(part.text for part in self.parts if isinstance(part, TextPart))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """The fixed words of a prompt, from a file of tasks/prompts."""

    version: str
    opening: str
    question: str


def build_prompt(
    history: PatientHistory,
    images: Sequence[KeyImage],
    *,
    patient_id: str,
    focus: str,
    budget: int,
    as_of: datetime,
    count_tokens: CountTokens = estimate_tokens,
) -> Prompt:
    """The prompt for one chart, at most `budget` tokens by `count_tokens`.

    `patient_id` is whom the caller means to ask about. Raises WrongPatientData if the history or a picture is of
    someone else, PromptTooLarge if the pinned facts do not fit.
    """
    _guard(history, images, patient_id)
    instructions = instructions_for(focus)
    seen = given(history.entries)
    writer = RecordWriter(history)
    pictures = [image for image in images if history.by_reference[image.reference] in seen]
    about = demographics(history.patient, as_of)
    fixed = "\n\n".join([instructions.opening, about, writer.block(()), instructions.question])
    labels = [_label(number, image, history) for number, image in enumerate(pictures, 1)]
    room = budget - count_tokens(fixed) - sum(IMAGE_TOKENS + count_tokens(label) for label in labels)
    pinned = [history.by_reference[image.reference].id for image in pictures]
    chosen, cut = choose(
        seen, writer.text_of, room=room - _headings_cost(count_tokens), count=count_tokens, keep=pinned
    )
    entries = tuple(entry for entry in seen if entry.id in chosen)

    record = neutralise(f"{about}\n\n{writer.block(entries)}")  # joined first, sanitised last
    parts = _parts(f"{instructions.opening}\n\n{record}", labels, pictures, question=instructions.question)
    prompt_tokens = sum(count_tokens(part.text) if isinstance(part, TextPart) else IMAGE_TOKENS for part in parts)
    if prompt_tokens > budget:
        raise PromptTooLarge(f"the prompt has {prompt_tokens} tokens, {budget} are allowed. Give a larger budget.")
    schema = answer_schema(tuple(entry.id for entry in entries))
    return Prompt(
        parts=parts,
        schema=schema,
        entry_ids=tuple(entry.id for entry in entries),
        references={entry.id: entry.reference for entry in entries},
        patient_id=history.patient.id,
        fingerprint=history.fingerprint,
        prompt_hash=_hash(parts, schema, instructions.version),
        version=instructions.version,
        cut=(*cut, *_kept_out(history.entries), *_shortened(entries)),
    )


def answer_schema(entry_ids: Sequence[str]) -> dict[str, Any]:
    """JSON Schema of the answer: a citation can only be one of these ids. Without ids there can be no statement."""
    statement = {
        "type": "object",
        "properties": {
            "kind": {"enum": [kind.value for kind in StatementKind]},
            "text": {"type": "string", "maxLength": TEXT_LIMIT},
            "refs": {"type": "array", "items": {"enum": list(entry_ids)}, "minItems": 1, "maxItems": REFS_LIMIT},
        },
        "required": ["kind", "text", "refs"],
        "additionalProperties": False,
    }
    statements = {"type": "array", "items": statement, "maxItems": STATEMENTS_LIMIT}
    return {
        "type": "object",
        "properties": {"statements": statements if entry_ids else {"type": "array", "maxItems": 0}},
        "required": ["statements"],
        "additionalProperties": False,
    }


def instructions_for(focus: str) -> Instructions:
    """The instructions for a focus (service id, hash of orders); one without its own gets the chart summary's."""
    name = focus.partition("#")[0].partition(":")[0]
    return _instructions(name if name in _names() else DEFAULT)


def _guard(history: PatientHistory, images: Sequence[KeyImage], patient_id: str) -> None:
    """Design decision 9: the second of the four places."""
    if history.patient.id != patient_id:
        raise WrongPatientData("the history is of another patient than the job")
    if any(image.reference not in history.by_reference for image in images):
        raise WrongPatientData("a picture belongs to no imaging study of this history")


@cache
def _names() -> frozenset[str]:
    return frozenset(entry.name.removesuffix(".txt") for entry in files("tasks").joinpath("prompts").iterdir())


@cache
def _instructions(name: str) -> Instructions:
    raw = files("tasks").joinpath("prompts", f"{name}.txt").read_bytes()
    title, _, rest = raw.decode().partition("\n=== instructions\n")
    opening, _, question = rest.partition("\n=== question\n")
    version = f"{title.strip()} (sha256 {hashlib.sha256(raw).hexdigest()[:16]})"
    return Instructions(version=version, opening=opening.strip(), question=question.strip())


def _label(number: int, image: KeyImage, history: PatientHistory) -> str:
    return neutralise(f"Picture {number}, of {history.by_reference[image.reference].id} ({image.label}):")


def _parts(
    opening: str, labels: Sequence[str], images: Sequence[KeyImage], *, question: str
) -> tuple[TextPart | ImagePart, ...]:
    parts: list[TextPart | ImagePart] = []
    words = opening
    for label, image in zip(labels, images, strict=True):
        parts += [TextPart(f"{words}\n\n{label}" if words else label), ImagePart(label=image.label, png=image.png)]
        words = ""
    return (*parts, TextPart(f"{words}\n\n{question}" if words else question))


def _headings_cost(count: CountTokens) -> int:
    """Room for the most headings that a record is likely to have; the finished prompt is counted again."""
    return _MOST_HEADINGS * count("## Allergies and intolerances, on-hold\n")


def _kept_out(entries: Sequence[Entry]) -> tuple[str, ...]:
    ai_made = sum(entry.ai_asserted for entry in entries)
    restricted = sum(entry.restricted and not entry.ai_asserted for entry in entries)
    counts = ((ai_made, Reason.AI_ASSERTED), (restricted, Reason.RESTRICTED))
    return tuple(f"{number} × entry: {reason}" for number, reason in counts if number)


def _shortened(entries: Sequence[Entry]) -> tuple[str, ...]:
    number = shortened(entries)
    return (f"{number} × text: shortened to {PASSAGE_LIMIT} characters",) if number else ()


def _hash(parts: Sequence[TextPart | ImagePart], schema: Mapping[str, Any], version: str) -> str:
    content = [
        part.text if isinstance(part, TextPart) else {"png": hashlib.sha256(part.png).hexdigest(), "label": part.label}
        for part in parts
    ]
    return hashlib.sha256(canonical([version, content, schema])).hexdigest()
