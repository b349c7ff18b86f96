# Two images from one file: `serve` answers hooks and has no torch; `worker` runs the engine and has it.
FROM python:3.13-slim AS serve
WORKDIR /opt/chartside
# A fixed number, so that files which the host mounts (pgpass, model) can be given to it.
RUN useradd --system --uid 10001 --home /var/lib/chartside --create-home chartside && \
    install -d -o chartside -m 700 /var/lib/chartside/data /var/lib/chartside/keys /var/lib/chartside/checkpoint
COPY requirements/serve.txt requirements/serve.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY cds_service cds_service
COPY fhir_adapters fhir_adapters
COPY tasks tasks
COPY hooks hooks
COPY ledger ledger
COPY sandbox sandbox
COPY bench bench
RUN pip install --no-cache-dir --no-deps .
USER chartside
CMD ["chartside", "serve"]

FROM serve AS worker
USER root
# torch stands apart from the hashed set: which build fits depends on the machine.
ARG TORCH=torch==2.13.0
COPY requirements/worker.txt requirements/worker.txt
RUN pip install --no-cache-dir "$TORCH" && \
    pip install --no-cache-dir --require-hashes --no-deps -r requirements/worker.txt
USER chartside
CMD ["chartside", "worker"]
