"""One contract, three DICOMweb servers: a folder, a small HTTP server, and a real Orthanc."""

import base64
import contextlib
import http.server
import io
import shutil
import socket
import subprocess
import threading
import time
from datetime import date
from pathlib import Path

import httpx2
import orjson
import pydicom
import pytest
from dicom_files import made, real

from fhir_adapters.dates import PartialDate
from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.dicomweb import HttpDicomWebServer
from fhir_adapters.errors import AccessDenied, AddressRefused, ResourceMissing
from fhir_adapters.history import PatientFacts
from fhir_adapters.imaging import InstanceAddress
from fhir_adapters.restamp import restamp

FILMS, SCANS = "1.2.826.0.1.20.1", "1.2.826.0.1.20.2"
PATIENT = PatientFacts(id="p1", name="A B", birth_date=PartialDate("1950-01-31"), gender="female", identifier="")
BASIC = "Basic " + base64.b64encode(b"chartside:only-here").decode()

FILES = {  # study, series, instance: source
    (FILMS, FILMS + ".1", FILMS + ".1.1"): "RG1_J2KI.dcm",
    (FILMS, FILMS + ".2", FILMS + ".2.1"): "RG3_J2KI.dcm",
    (SCANS, SCANS + ".1", SCANS + ".1.1"): "693_J2KR.dcm",
    (SCANS, SCANS + ".2", SCANS + ".2.1"): "emri_small_RLE.dcm",
    (SCANS, SCANS + ".3", SCANS + ".3.1"): "JPGLosslessP14SV1_1s_1f_8b.dcm",
    (SCANS, SCANS + ".4", SCANS + ".4.1"): "CT_small.dcm",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Real files, restamped to one patient and two studies."""
    folder = tmp_path_factory.mktemp("dicom")
    for (study, series, instance), name in FILES.items():
        stamped = restamp(
            real(name),
            patient=PATIENT,
            study_instance_uid=study,
            series_instance_uid=series,
            sop_instance_uid=instance,
            study_date=date(2026, 11, 2),
        )
        (folder / f"{instance}.dcm").write_bytes(stamped)
    return folder


@pytest.fixture(scope="module")
def small_server(folder):
    http_server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(folder))
    thread = threading.Thread(target=http_server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http_server.server_address[1]}/dicom-web"
    http_server.shutdown()
    http_server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def orthanc(folder, tmp_path_factory):
    with _orthanc(tmp_path_factory.mktemp("orthanc")) as base_url:
        for path in sorted(folder.iterdir()):
            _stow(base_url, path.read_bytes())
        yield base_url


class DicomWebContract:
    """What every DICOMweb server does, whatever stands behind it."""

    async def test_a_study_lists_its_instances_with_class_and_modality(self, server):
        listed = await server.instances(SCANS)
        assert [(one.series_instance_uid, one.sop_instance_uid) for one in listed] == [
            (series, instance) for study, series, instance in FILES if study == SCANS
        ]
        assert {one.study_instance_uid for one in listed} == {SCANS}
        assert [one.modality for one in listed] == ["CT", "MR", "US", "CT"]
        assert listed[0].sop_class_uid == "1.2.840.10008.5.1.4.1.1.2"

    async def test_every_instance_comes_back_with_its_header_and_pixels_untouched(self, server, folder):
        for study in (FILMS, SCANS):
            for address in await server.instances(study):
                got = pydicom.dcmread(io.BytesIO(await server.retrieve(address)))
                kept = pydicom.dcmread(folder / f"{address.sop_instance_uid}.dcm")
                assert (got.SOPInstanceUID, got.PatientID) == (address.sop_instance_uid, "p1")
                assert got.file_meta.TransferSyntaxUID == kept.file_meta.TransferSyntaxUID
                assert got.PixelData == kept.PixelData

    async def test_an_unknown_study_has_no_instances(self, server):
        assert await server.instances("1.2.826.0.1.99") == ()

    async def test_an_unknown_instance_is_missing(self, server):
        unknown = InstanceAddress(
            study_instance_uid=FILMS, series_instance_uid=FILMS + ".1", sop_instance_uid="1.2.826.0.1.99"
        )
        with pytest.raises(ResourceMissing):
            await server.retrieve(unknown)

    async def test_what_is_no_uid_is_refused_before_anything_is_asked(self, server):
        with pytest.raises(AddressRefused):
            await server.instances("../patients")


class TestFolder(DicomWebContract):
    """The twin."""

    @pytest.fixture
    def server(self, folder):
        return FolderDicomWebServer(folder)


class TestSmallHttpServer(DicomWebContract):
    """Our client against a server of a few lines, over a real socket."""

    @pytest.fixture
    async def server(self, small_server):
        async with httpx2.AsyncClient() as client:
            yield HttpDicomWebServer(small_server, client=client, headers={"Authorization": BASIC})

    async def test_other_credentials_are_refused(self, small_server):
        await _assert_refused(small_server)


@pytest.mark.orthanc
class TestOrthanc(DicomWebContract):
    """Our client against a real PACS, loaded by STOW-RS."""

    @pytest.fixture
    async def server(self, orthanc):
        async with httpx2.AsyncClient() as client:
            yield HttpDicomWebServer(orthanc, client=client, headers={"Authorization": BASIC})

    async def test_other_credentials_are_refused(self, orthanc):
        await _assert_refused(orthanc)

    async def test_a_study_of_many_instances_is_listed_whole_and_in_order(self, server, orthanc):
        study = "1.2.826.0.1.20.3"
        for number in range(12, 0, -1):
            _stow(orthanc, made(StudyInstanceUID=study, SOPInstanceUID=f"{study}.{number}", InstanceNumber=number))
        listed = await server.instances(study)
        assert [one.sop_instance_uid for one in listed] == [f"{study}.{number}" for number in range(1, 13)]


async def _assert_refused(base_url):
    async with httpx2.AsyncClient() as client:
        for headers in ({}, {"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="}):
            with pytest.raises(AccessDenied):
                await HttpDicomWebServer(base_url, client=client, headers=headers).instances(FILMS)


def _handler_of(folder):
    """QIDO-RS and WADO-RS for one folder, as far as the contract goes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0].removeprefix("/dicom-web/").split("/")
            if self.headers["Authorization"] != BASIC:
                self._answer(401, "text/plain", b"")
            elif path[2:] == ["instances"]:
                items = [_listed(key) for key in FILES if key[0] == path[1]]
                self._answer(200 if items else 204, "application/dicom+json", orjson.dumps(items) if items else b"")
            elif (path[1], path[3], path[5]) in FILES:
                content = (folder / f"{path[5]}.dcm").read_bytes()
                body = b"\r\n--xYz\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--xYz--\r\n"
                self._answer(200, 'multipart/related; type="application/dicom"; boundary=xYz', body)
            else:
                self._answer(404, "text/plain", b"no such instance")

        def _answer(self, status, content_type, body):
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def _listed(key):
        dataset = pydicom.dcmread(folder / f"{key[2]}.dcm", stop_before_pixels=True)
        said = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "Modality")
        return {
            f"{int(dataset[keyword].tag):08X}": {"vr": dataset[keyword].VR, "Value": [dataset[keyword].value]}
            for keyword in said
        }

    return Handler


@contextlib.contextmanager
def _orthanc(place):
    """A real Orthanc on a loopback port of its own, ended by its process; yields its DICOMweb base."""
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/orthanc") or shutil.which("Orthanc")
    if program is None:
        pytest.skip("Orthanc is not installed (Debian: orthanc orthanc-dicomweb orthanc-gdcm)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    jpeg_2000 = [f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 92, 93)]
    configuration = {
        "Name": "chartside-test",
        "StorageDirectory": str(place / "storage"),
        "IndexDirectory": str(place / "index"),
        "Plugins": ["/usr/share/orthanc/plugins"],
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"chartside": "only-here"},
        "DicomServerEnabled": False,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        # unrestricted, this plugin can crash the server on frames of other files
        "Gdcm": {"RestrictTransferSyntaxes": jpeg_2000},
    }
    file = place / "orthanc.json"
    file.write_bytes(orjson.dumps(configuration))
    with (place / "log").open("wb") as log:
        process = subprocess.Popen([program, str(file)], stdout=log, stderr=log, cwd=place)  # noqa: S603
        try:
            base_url = f"http://127.0.0.1:{port}/dicom-web"
            _wait_for(base_url, process, Path(log.name))
            yield base_url
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(base_url, process, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"{base_url}/studies", headers={"Authorization": BASIC}).status_code == 200:
                return
        time.sleep(0.05)
    pytest.fail("Orthanc did not answer within a minute")


def _stow(base_url, dicom):
    body = b"--stow\r\nContent-Type: application/dicom\r\n\r\n" + dicom + b"\r\n--stow--\r\n"
    head = {"Authorization": BASIC, "Content-Type": 'multipart/related; type="application/dicom"; boundary=stow'}
    answer = httpx2.post(f"{base_url}/studies", content=body, headers={**head, "Accept": "application/dicom+json"})
    assert answer.status_code == 200, answer.text
