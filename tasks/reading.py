"""From a completion to a summary: every sentence with sources that exist, and only what its sources bear out."""

from __future__ import annotations

from datetime import datetime

from fhir_adapters.fingerprint import patient_hash
from fhir_adapters.history import Coverage, Entry, PatientHistory
from tasks.checks import run_checks
from tasks.checks.claim import Claim
from tasks.completion_json import Said, read_json
from tasks.engine import Completion
from tasks.errors import WrongPatientData
from tasks.profile import Profile
from tasks.prompt import Prompt
from tasks.sanitise import neutralise
from tasks.summary import Citation, ModelVersion, Statement, Summary, Verdict, Withheld
from tasks.verdict import judge

SHOWN_LIMIT = 1_000  # characters of a withheld text that are kept
SHOWN_REF_LIMIT = 64


def read_summary(
    completion: Completion,
    prompt: Prompt,
    history: PatientHistory,
    *,
    model: ModelVersion,
    made_at: datetime,
    profile: Profile,
) -> Summary:
    """The checked summary of one completion. No statement exists without sources that resolve in `history`.

    Raises CompletionUnreadable, and WrongPatientData if the prompt was made of another chart than `history`.
    """
    if prompt.patient_id != history.patient.id or prompt.fingerprint != history.fingerprint:
        raise WrongPatientData("the prompt was made of another chart than the one to read it with")
    read = [_read(said, prompt, history) for said in read_json(completion)]
    given = frozenset(prompt.entry_ids)
    return Summary(
        statements=tuple(each for each in read if isinstance(each, Statement)),
        withheld=tuple(each for each in read if isinstance(each, Withheld)),
        fingerprint=history.fingerprint,
        manifest=tuple(_pair(entry) for entry in history.entries if entry.id in given),
        left_out=tuple(_pair(entry) for entry in history.entries if entry.id not in given),
        covered=tuple(name for name, coverage in history.coverage if coverage is not Coverage.NONE),
        not_used=(*map(str, history.omissions), *prompt.cut),
        images=tuple(image.label for image in prompt.images),
        model=model,
        prompt_hash=prompt.prompt_hash,
        settings=completion.settings,
        profile=profile,
        made_at=made_at,
        patient_hash=patient_hash(history.patient),
    )


def _read(said: Said, prompt: Prompt, history: PatientHistory) -> Statement | Withheld:
    text = neutralise(said.text).strip()[:SHOWN_LIMIT]
    missing = tuple(ref for ref in said.refs if ref not in prompt.references or ref not in history.by_id)
    cited = tuple(history.by_id[ref] for ref in said.refs if ref not in missing)
    citations = tuple(
        Citation(entry_id=entry.id, reference=entry.reference, content_hash=entry.content_hash) for entry in cited
    )
    if missing or not cited:
        reasons = tuple(f"cites {neutralise(ref)[:SHOWN_REF_LIMIT]}, which is not in this chart" for ref in missing)
        return Withheld(text=text, reasons=reasons or ("cites nothing",), citations=citations)
    claim = Claim.of(said.kind, text, cited, history)
    results = run_checks(claim)
    verdict, reasons = judge(claim, results)
    if verdict is Verdict.CONTRADICTED:
        return Withheld(text=text, reasons=reasons, citations=citations)
    return Statement(kind=said.kind, text=text, citations=citations, verdict=verdict, checks=results)


def _pair(entry: Entry) -> tuple[str, str]:
    return entry.reference, entry.content_hash
