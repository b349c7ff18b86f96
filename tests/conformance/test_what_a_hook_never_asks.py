"""REL-2: no model, queue or PACS is asked while a hook is answered."""

import subprocess
import sys

FORBIDDEN = ("torch", "transformers", "celery", "redis", "kombu", "pydicom")


def test_rel_2_what_answers_a_hook_has_no_model_queue_or_images_in_reach():
    """In a process of its own: the routes and all that they import, and none of the libraries that could ask."""
    script = (
        "import sys, cds_service.app, cds_service.routes.hooks, cds_service.hook_call, cds_service.issuing\n"
        f"print([name for name in {FORBIDDEN!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603

    assert answer.stdout.strip() == "[]"
