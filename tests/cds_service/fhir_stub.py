"""A FHIR server on loopback that answers as a test says, and remembers who asked."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def fhir_server(answer):
    """A FHIR server on loopback: `answer(base, path)` gives status, headers and body.

    Yields its base, the paths that were asked for and the Authorization headers that came with them.
    """
    asked, sent = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            sent.append(self.headers.get("Authorization"))
            status, headers, body = answer(base, self.path.removeprefix("/fhir/").partition("?")[0])
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield base, asked, sent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
