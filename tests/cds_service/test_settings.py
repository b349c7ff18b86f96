from pathlib import Path

import pytest

from cds_service.errors import BadSettings
from cds_service.may_serve import check_serve
from cds_service.settings import Settings, load_settings

WHOLE = """
profile = "text-only"
public_base_url = "https://cds.hospital.example"

[ledger]
url = "postgresql+psycopg://chartside:canary-password@db/chartside"
key_file = "keys/ledger.json"

[deadlines]
gather_s = 0.3

[[clients]]
id = "ehr"
issuer = "https://ehr.example"
jwks_file = "ehr.jwks.json"
tenants = ["north"]

[[clients.fhir_bases]]
url = "https://ehr.example/fhir"

[clients.capabilities]
bare_suggestions = false
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        file = tmp_path / "chartside.toml"
        file.write_text(text)
        return file

    return write


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def test_without_a_file_everything_has_a_safe_default():
    settings = load_settings()

    assert (settings.host, settings.profile, settings.demo, settings.clients) == ("127.0.0.1", None, False, ())
    assert settings.limits.body_bytes == 10_000_000


def test_a_file_is_read_and_its_paths_are_relative_to_it(write, tmp_path):
    settings = load_settings(write(WHOLE))
    (client,) = settings.clients

    assert client.jwks_file == tmp_path / "ehr.jwks.json"
    assert settings.ledger.key_file == tmp_path / "keys" / "ledger.json"
    assert client.capabilities.bare_suggestions is False
    assert client.algorithms == ("ES384", "RS384")
    assert settings.deadlines.gather_s == 0.3
    assert settings.deadlines.cap_s == 1.5


def test_the_environment_wins_over_the_file(write, monkeypatch):
    monkeypatch.setenv("CHARTSIDE_PROFILE", "imaging")
    monkeypatch.setenv("CHARTSIDE_DEADLINES__CAP_S", "2")
    settings = load_settings(write(WHOLE))

    assert settings.profile == "imaging"
    assert (settings.deadlines.gather_s, settings.deadlines.cap_s) == (0.3, 2)


def test_the_environment_names_the_file(write, monkeypatch):
    monkeypatch.setenv("CHARTSIDE_CONFIG", str(write(WHOLE)))

    assert load_settings().profile == "text-only"


def test_a_password_is_shown_by_no_repr(write):
    assert "canary-password" not in repr(load_settings(write(WHOLE)))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("profile = ", "not TOML"),
        ('profile = "canary"', "profile"),
        ('profil = "text-only"', "profil"),
        ("[deadlines]\ngather_s = 99", "deadlines.gather_s"),
        ('[engine]\nkind = "openai"', "engine.kind"),
        ('[engine]\nkind = "medgemma"', "engine: Value error, kind medgemma needs model_dir"),
        ('[engine]\nkind = "scripted"', "engine: Value error, kind scripted needs completions_dir"),
        ("[limits]\nbody_bytes = -1", "limits.body_bytes"),
        ("[tokens]\nleeway_s = 600", "tokens.leeway_s"),
        (WHOLE.replace('issuer = "https://ehr.example"', ""), "clients.0.issuer"),
        (WHOLE.replace('jwks_file = "ehr.jwks.json"', ""), "clients.0: Value error, give jwks_file or jwks_url"),
        (WHOLE.replace('url = "https://ehr.example/fhir"', ""), "clients.0.fhir_bases.0.url"),
        (WHOLE.replace('id = "ehr"', 'id = "E H R"'), "clients.0.id"),
        (WHOLE.replace('tenants = ["north"]', 'algorithms = ["HS256"]'), "clients.0.algorithms.0"),
    ],
)
def test_a_bad_file_names_its_place_and_repeats_no_value(write, text, place):
    with pytest.raises(BadSettings) as caught:
        load_settings(write(text))

    assert place in str(caught.value)
    assert "chartside.toml" in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('profile = "text-only"\nport = "x"', "line 2, port"),
        ('profile = "text-only"\n\nprofil = 1', "line 3, profil"),
        ('profile = "text-only"\nport = x', "at line 2"),
        ('profile = "text-only"\n[[client]]\nid = "ehr"', "line 2, client: Extra inputs"),
        (WHOLE.replace('issuer = "https://ehr.example"', ""), "line 12, clients.0.issuer: Field required"),
        (WHOLE.replace('jwks_file = "ehr.jwks.json"', ""), "line 12, clients.0: Value error, give jwks_file or"),
        (WHOLE.replace("bare_suggestions = false", "bare_suggestions = 7"), "line 22, clients.0.capabilities.bare"),
        (
            WHOLE.replace("https://ehr.example/fhir", "https://canary@ehr.example"),
            "line 19, clients.0.fhir_bases.0.url",
        ),
        (f'cors_origins = ["*"]\n{WHOLE}', "line 1, cors_origins: Value error, an origin is"),
        (f'{WHOLE}\n[[clients]]\nid = "other"', "line 24, clients.1.issuer: Field required"),
    ],
)
def test_a_bad_file_names_the_line(write, text, place):
    with pytest.raises(BadSettings) as caught:
        load_settings(write(text))

    assert place in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_fault_of_the_environment_names_no_line_of_the_file(write, monkeypatch):
    monkeypatch.setenv("CHARTSIDE_DEADLINES__GATHER_S", "99")
    with pytest.raises(BadSettings, match=r"deadlines\.gather_s") as caught:
        load_settings(write(WHOLE))

    assert "line " not in str(caught.value)


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://sandbox.test/", "https://sandbox.test/path", "sandbox.test", "https://*.test", "https://A.test",
     "https://user@sandbox.test", "https://sandbox.test:443", "http://sandbox.test:80", ""],
)  # fmt: skip
def test_s40_an_origin_is_named_exactly(write, origin):
    assert load_settings(write('cors_origins = ["https://sandbox.test:8443", "http://[::1]:8080"]')).cors_origins
    with pytest.raises(BadSettings, match="cors_origins"):
        load_settings(write(f'cors_origins = ["{origin}"]'))


def test_a_named_file_that_is_missing_is_said():
    with pytest.raises(BadSettings, match=r"missing\.toml: cannot be read"):
        load_settings(Path("missing.toml"))


def test_a_variable_that_is_no_json_where_a_table_is_wanted_is_said(monkeypatch):
    monkeypatch.setenv("CHARTSIDE_CLIENTS", "canary{")
    with pytest.raises(BadSettings) as caught:
        load_settings()

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("name", ["CHARTSIDE_LEDGER_URL", "CHARTSIDE_PROFIL", "chartside_modle"])
def test_a_variable_that_would_set_nothing_is_refused(monkeypatch, name):
    monkeypatch.setenv(name, "canary")
    with pytest.raises(BadSettings, match=f"{name}: no such setting") as caught:
        load_settings()

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("given", ["data/ledger.db", "/srv/ledger.db"])
def test_a_sqlite_file_is_relative_to_the_settings_as_every_path_is(write, tmp_path, given):
    settings = load_settings(write(f'[ledger]\nurl = "sqlite:///{given}"'))

    assert settings.ledger.url.get_secret_value() == f"sqlite:///{tmp_path / given}"


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_the_example_file_is_whole_and_names_every_section(repository):
    settings = load_settings(repository / "docs" / "chartside.example.toml")
    written = (repository / "docs" / "chartside.example.toml").read_text()

    check_serve(settings)
    for name in Settings.model_fields.keys() - {"demo"}:
        assert f"{name} =" in written or f"[{name}]" in written or f"[[{name}]]" in written, name


def test_keys_come_from_a_file_or_from_a_command_and_not_from_both(write):
    command = 'key_command = ["vault", "read", "-field=ring", "secret/chartside"]'
    settings = load_settings(write(f"[ledger]\n{command}"))
    assert settings.ledger.key_command == ("vault", "read", "-field=ring", "secret/chartside")
    with pytest.raises(BadSettings, match="key_file or key_command"):
        load_settings(write(f'[ledger]\n{command}\nkey_file = "keys/ledger.json"'))
