# The service's image: dependencies in one layer, the few source files in the last.
FROM python:3.13-slim AS dependencies
COPY service/requirements.lock /tmp/requirements.lock
RUN python3 -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock

FROM python:3.13-slim AS service
COPY --from=dependencies /venv /venv
COPY service /app/service
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app:/app/service/_entry PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OTEL_PYTHON_DISTRO=lab OTEL_PYTHON_CONFIGURATOR=lab HOST=0.0.0.0 PORT=9000
WORKDIR /app
USER 10001:10001
EXPOSE 9000
CMD ["opentelemetry-instrument", "python", "-m", "service"]
