"""Pictures on the review page: those of the summary, or the chart's own, fetched when the clinician looks."""

import pytest
from hook_desk import bundle, hook_body, prefetch
from page_desk import STATEMENTS, A, scripted, shown

from cds_service.review.pictures import Album
from fhir_adapters.errors import ServerFailed
from fhir_adapters.history import Alarm, AlarmKind, Omission, Reason
from fhir_adapters.imaging import ImagingEvidence, InstanceAddress, KeyImage

PNG = b"\x89PNG\r\n\x1a\n picture"
STUDY = {
    "resourceType": "ImagingStudy",
    "id": "i1",
    "status": "available",
    "subject": {"reference": "Patient/p1"},
    "started": "2026-10-01",
    "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}],
    "modality": [{"code": "CR"}],
}


def picture(label="CR chest, 01-Oct-2026"):
    address = InstanceAddress(study_instance_uid="1.2.3", series_instance_uid="1.2.3.4", sop_instance_uid="1.2.3.4.5")
    return KeyImage(reference="ImagingStudy/i1", address=address, frame=1, label=label, window="min-max", png=PNG)


class Pacs:
    """Answers with what it is given, and counts."""

    def __init__(self, answer=None, error=None):
        self.answer = answer or ImagingEvidence(images=(picture(),))
        self.error = error
        self.asked = 0

    def __call__(self, history, key):
        self.asked += 1
        assert history.patient.id == key.patient_id
        if self.error:
            raise self.error
        return self.answer


def with_study():
    return hook_body(prefetch=prefetch(imagingStudies=bundle(STUDY)))


def test_the_charts_pictures_are_fetched_when_looked_at_and_never_for_the_page_itself(make_pages):
    pacs = Pacs()
    pages = make_pages(look=pacs, engine=None)
    card = pages.card(with_study())
    html = pages.get(f"/review/{card}").text

    assert pacs.asked == 0
    assert f'data-load="/review/{card}/images"' in html
    looked = pages.get(f"/review/{card}/images")
    assert "CR chest, 01-Oct-2026" in shown(looked.text)
    assert "Not for diagnosis" in shown(looked.text)
    image = pages.get(f"/review/{card}/images/1.png")
    assert (image.content, image.headers["content-type"]) == (PNG, "image/png")
    assert image.headers["cache-control"] == "no-store, private"
    assert pacs.asked == 1
    assert pages.desk.kinds().count("page.images") == 1


@pytest.mark.parametrize("name", ["0.png", "2.png", "x", "1.png.png", "..png", "1e3", "١.png", "99999999999.png"])
def test_no_other_picture_is_to_be_had(make_pages, name):
    pages = make_pages(look=Pacs(), engine=None)
    assert pages.get(f"/review/{pages.card(with_study())}/images/{name}").status_code == 404


def test_without_studies_or_without_an_imaging_server_there_is_nothing_to_look_at(make_pages):
    without = make_pages(engine=None)
    card = without.card(with_study())
    assert "data-load" not in without.get(f"/review/{card}").text
    assert without.get(f"/review/{card}/images").status_code == 404
    bare = make_pages(look=Pacs(), engine=None)
    card = bare.card()
    assert "data-load" not in bare.get(f"/review/{card}").text
    assert bare.get(f"/review/{card}/images/1.png").status_code == 404


def test_t24_a_file_of_another_patient_is_said_and_recorded(make_pages):
    alarm = Alarm(kind=AlarmKind.WRONG_PATIENT_IMAGE, what="ImagingStudy/i1")
    omission = Omission(what="ImagingStudy/i1", reason=Reason.OTHER_PATIENT)
    pages = make_pages(look=Pacs(ImagingEvidence(images=(), omissions=(omission,), alarms=(alarm,))), engine=None)
    card = pages.card(with_study())
    text = shown(pages.get(f"/review/{card}/images").text)

    assert "A file of another patient was met" in text
    assert "belongs to another patient" in text
    (entry,) = [one for one in pages.parts.desk.story(card).entries if one.kind == "page.images"]
    assert entry.detail["alarms"] == [["wrong-patient-image", "ImagingStudy/i1", 1]]


def test_a_failing_imaging_server_is_said_and_asked_again_next_time(make_pages):
    pacs = Pacs(error=ServerFailed("studies", outcome="HTTP 503"))
    pages = make_pages(look=pacs, engine=None)
    card = pages.card(with_study())
    assert pages.get(f"/review/{card}/images").status_code >= 400
    pacs.error = None
    assert pages.get(f"/review/{card}/images").status_code == 200


def test_a_summary_without_pictures_says_that_the_model_was_given_none(make_pages, tmp_path):
    pages = make_pages(look=Pacs())
    card = pages.card(with_study())
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    text = shown(pages.get(f"/review/{card}", A).text)
    assert "The model was given no picture." in text
    assert "The model was given none. The chart's imaging studies have pictures." in text


def test_an_album_keeps_a_few_charts_and_nothing_that_failed():
    class History:
        def __init__(self, number):
            self.fingerprint = str(number)

    asked = []
    album = Album(lambda history, key: asked.append(history) or ImagingEvidence(images=(picture(),)))
    first = History(0)
    assert [album.find(first, None)[1] for _ in range(2)] == [True, False]
    for number in range(1, 12):
        album.find(History(number), None)
    assert album.find(first, None)[1] is True

    empty = Album(lambda history, key: ImagingEvidence(images=()))
    assert [empty.find(first, None)[1] for _ in range(2)] == [True, True]
