"""docs/prefetch.md, for EHRs without discovery, says what discovery says (cds-hooks.md 9.4)."""

import json
import re

from typer.testing import CliRunner

from cds_service.cli import app

BLOCK = re.compile(
    r"^## (\S+)\n\n.*? Hook `(\S+)`, path `/cds-services/\1`\.\n\n(.*?)(?=\n## |\Z)", re.MULTILINE | re.DOTALL
)
ROW = re.compile(r"^(\w+) +(\S.*)$", re.MULTILINE)
AGAIN = "chartside prefetch > docs/prefetch.md"


def listed(discovery):
    return [{"id": one["id"], "hook": one["hook"], "prefetch": one.get("prefetch", {})} for one in discovery.values()]


def test_s9_the_page_for_entry_by_hand_is_what_discovery_lists(discovery, repository):
    page = (repository / "docs" / "prefetch.md").read_text("utf-8")
    entered = [
        {"id": service, "hook": hook, "prefetch": dict(ROW.findall(templates.partition("```text")[2]))}
        for service, hook, templates in BLOCK.findall(page)
    ]

    assert entered == listed(discovery), AGAIN


def test_s9_the_command_prints_that_page_and_the_same_as_json(discovery, repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no chartside.toml here: the built-in services
    printed = CliRunner().invoke(app, ["prefetch"])
    assert printed.exit_code == 0, printed.output
    assert printed.stdout == (repository / "docs" / "prefetch.md").read_text("utf-8"), AGAIN
    assert json.loads(CliRunner().invoke(app, ["prefetch", "--json"]).stdout) == listed(discovery)


def test_a_sites_own_services_are_on_the_page_too(tmp_path):
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / "gap.py").write_text(
        "from hooks.service import Silence, service\n"
        "@service(id='gap', hook='patient-view', title='Gap', description='d', prefetch={})\n"
        "def gap(request, chart):\n    return Silence.NOTHING_TO_SAY\n"
    )
    (tmp_path / "chartside.toml").write_text('services_dir = "services"\n')

    printed = CliRunner().invoke(app, ["prefetch", "--config", str(tmp_path / "chartside.toml")])

    assert "## gap\n\nGap. Hook `patient-view`, path `/cds-services/gap`.\n\nNo template" in printed.stdout
