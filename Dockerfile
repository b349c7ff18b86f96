FROM python:3.13-slim
ARG EXTRAS=""
WORKDIR /opt/chartside
COPY pyproject.toml README.md LICENSE ./
COPY requirements ./requirements
# The hashed set first; torch, where wanted, apart and with an exact pin.
RUN pip install --no-cache-dir --require-hashes -r requirements/demo.txt
COPY cds_service cds_service
COPY fhir_adapters fhir_adapters
COPY tasks tasks
COPY hooks hooks
COPY ledger ledger
COPY sandbox sandbox
COPY bench bench
RUN pip install --no-cache-dir --no-deps . && \
    case ",$EXTRAS," in *,gpu,*) pip install --no-cache-dir torch==2.13.0 ;; esac && \
    if [ -n "$EXTRAS" ]; then pip install --no-cache-dir ".[$EXTRAS]"; fi
RUN useradd --system --home /var/lib/chartside --create-home chartside
USER chartside
CMD ["chartside", "serve"]
