"""A folder of files is a DICOMweb server, whatever else lies in it."""

import os

import pytest
from dicom_files import INSTANCE, SERIES, STUDY, made, meta, real

from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.errors import AddressRefused, ResourceMissing, ServerFailed, UnreadableImage
from fhir_adapters.imaging import InstanceAddress

ADDRESS = InstanceAddress(study_instance_uid=STUDY, series_instance_uid=SERIES, sop_instance_uid=INSTANCE)


async def test_files_of_any_name_and_depth_are_found_by_their_headers(tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "IM 00001").write_bytes(made())
    (tmp_path / "ünïcode.png").write_bytes(made(SOPInstanceUID="1.5", InstanceNumber=2))
    server = FolderDicomWebServer(tmp_path)
    listed = await server.instances(STUDY)
    assert [address.sop_instance_uid for address in listed] == [INSTANCE, "1.5"]
    assert await server.retrieve(listed[0]) == made()
    assert server.unreadable_files == 0


async def test_unreadable_files_are_counted_and_left_alone(tmp_path):
    (tmp_path / "good.dcm").write_bytes(made())
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no DICOM")
    (tmp_path / "cut.dcm").write_bytes(meta("1.2.840.10008.1.2.1")[:150])
    (tmp_path / "no-uids.dcm").write_bytes(made(without=("StudyInstanceUID",)))
    (tmp_path / "deflated.dcm").write_bytes(real("image_dfl.dcm").read_bytes())
    (tmp_path / "number.dcm").write_bytes(real("badVR.dcm").read_bytes())
    server = FolderDicomWebServer(tmp_path)
    assert server.unreadable_files == 0
    assert len(await server.instances(STUDY)) == 1
    assert server.unreadable_files == 6


async def test_pipes_and_links_out_of_the_folder_are_not_opened(tmp_path):
    folder, outside = tmp_path / "dicom", tmp_path / "outside.dcm"
    folder.mkdir()
    outside.write_bytes(made())
    os.mkfifo(folder / "pipe")
    (folder / "link.dcm").symlink_to(outside)
    (folder / "dangling.dcm").symlink_to(tmp_path / "nowhere")
    (folder / "loop").symlink_to(folder)
    assert await FolderDicomWebServer(folder).instances(STUDY) == ()


async def test_of_two_files_of_one_instance_the_first_by_path_counts(tmp_path):
    (tmp_path / "b.dcm").write_bytes(made(PatientID="second"))
    (tmp_path / "a.dcm").write_bytes(made(PatientID="first"))
    server = FolderDicomWebServer(tmp_path)
    (address,) = await server.instances(STUDY)
    assert await server.retrieve(address) == made(PatientID="first")


async def test_a_folder_that_is_not_there_is_a_failure_and_not_an_empty_study(tmp_path):
    with pytest.raises(ServerFailed):
        await FolderDicomWebServer(tmp_path / "missing").instances(STUDY)


async def test_a_file_that_vanished_or_is_too_large_has_its_own_error(tmp_path):
    (tmp_path / "a.dcm").write_bytes(made())
    with pytest.raises(UnreadableImage):
        await FolderDicomWebServer(tmp_path, most_bytes=100).retrieve(ADDRESS)
    server = FolderDicomWebServer(tmp_path)
    await server.instances(STUDY)
    (tmp_path / "a.dcm").unlink()
    with pytest.raises(ServerFailed):
        await server.retrieve(ADDRESS)


async def test_uids_are_checked_though_no_path_is_ever_made_of_them(tmp_path):
    server = FolderDicomWebServer(tmp_path)
    with pytest.raises(AddressRefused):
        await server.instances("../..")
    with pytest.raises(AddressRefused):
        await server.retrieve(InstanceAddress(study_instance_uid="..", series_instance_uid="1", sop_instance_uid="1"))
    with pytest.raises(ResourceMissing):
        await server.retrieve(ADDRESS)


@pytest.mark.shared_data
async def test_the_shared_sample_files_are_all_indexed(shared_data):
    server = FolderDicomWebServer(shared_data / "dicom")
    chest = await server.instances("1.3.6.1.4.1.5962.1.2.0.977067309.6001.0")
    assert server.unreadable_files == 0
    assert all(address.modality for address in chest)
