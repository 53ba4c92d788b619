# Two images on the same layers:
#   docker build -t ai-lab-2-2-paid:v1 .                       the service
#   docker build --target viewer -t ai-lab-2-2-viewer:v1 .     the viewer
# Layers are ordered from the rarely changed to those that every edit changes: interpreter, dependencies, a few source files.

# Pinned only by tag; --build-arg PYTHON_IMAGE=python:3.13-slim@sha256:... pins the digest.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS dependencies
COPY service/requirements.lock /tmp/requirements.lock
RUN python3 -m venv --without-pip /venv \
 && python3 -m pip --python /venv/bin/python install --no-cache-dir --require-hashes --no-compile --quiet \
      --disable-pip-version-check -r /tmp/requirements.lock \
 && find /venv -name tests -type d -prune -exec rm -rf {} + \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /venv

# The SBOM of the Python packages, in CycloneDX; the Debian packages are listed in dpkg's status.d, see below.
FROM dependencies AS sbom
COPY service/sbom.lock /tmp/sbom.lock
RUN python3 -m venv --without-pip /tools \
 && python3 -m pip --python /tools/bin/python install --no-cache-dir --require-hashes --no-deps --quiet \
      --disable-pip-version-check -r /tmp/sbom.lock \
 && mkdir /sbom \
 && /tools/bin/cyclonedx-py environment --no-validate --output-reproducible --of JSON -o /sbom/python.cdx.json /venv/bin/python

# Only what a Python program needs: the interpreter, the standard library, and the shared objects that both load.
# No pip, compiler or package manager; `sh`, `cat`, `ls` and `nc -zv` for debugging. A third of the size to deliver to a node.
FROM dependencies AS runtime
RUN python3 - <<'COLLECT'
import pathlib, re, shutil, subprocess, sys, sysconfig

ROOT = pathlib.Path("/rootfs")
kept = []
LEFT_OUT = {"test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data", "dist-packages", "site-packages"}

def keep(path):
    path = path.parent.resolve() / path.name
    kept.append(path)
    target = ROOT / str(path).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(path, target)

for link in ("bin", "sbin", "lib", "lib64"):                     # merged /usr, as in the base image
    (ROOT / "usr" / link).mkdir(parents=True, exist_ok=True)
    (ROOT / link).symlink_to(f"usr/{link}")

standard = pathlib.Path(sysconfig.get_paths()["stdlib"])
left_out = lambda folder, names: [n for n in names if n in LEFT_OUT or n.startswith(("config-", "__pycache__"))]
shutil.copytree(standard, ROOT / str(standard).lstrip("/"), ignore=left_out)
programs = [pathlib.Path(shutil.which(name)).resolve() for name in ("sh", "cat", "ls")] + [pathlib.Path(sys.executable).resolve()]
for program in programs:
    keep(program)
(ROOT / "usr/bin/sh").symlink_to(programs[0].name)
for name in ("python3", "python"):                               # paths at which a venv created in either place looks for it
    for link in (ROOT / "usr/bin" / name, ROOT / "usr/local/bin" / name):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(programs[-1])

objects = programs + [*standard.rglob("*.so"), *pathlib.Path("/venv").rglob("*.so*")]
listed = subprocess.run(["ldd", *objects], capture_output=True, text=True).stdout
for library in sorted(set(re.findall(r"(/[^\s:]+\.so[^\s:]*) \(0x", listed))):
    if not library.startswith("/venv/"):
        keep(pathlib.Path(library))

for file in ("/etc/ssl/certs/ca-certificates.crt", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/usr/lib/os-release"):
    if pathlib.Path(file).exists():
        keep(pathlib.Path(file))

# the Debian packages that these files belong to, listed as in distroless images, with their licences
owners = subprocess.run(["dpkg-query", "--search", *kept, standard / "os.py"], capture_output=True, text=True).stdout
(ROOT / "var/lib/dpkg/status.d").mkdir(parents=True)
for package in sorted(set(re.findall(r"^([^\s:,]+)(?::\w+)?: ", owners, re.MULTILINE))):
    status = subprocess.run(["dpkg-query", "--status", package], capture_output=True, text=True, check=True).stdout
    (ROOT / "var/lib/dpkg/status.d" / package).write_text(status)
    licence = pathlib.Path("/usr/share/doc", package, "copyright")
    if licence.exists():
        keep(licence)
(ROOT / "usr/local/bin/nc").write_text("""#!/usr/bin/python3 -I
import socket, sys
if len(sys.argv) != 4 or sys.argv[1] != "-zv":
    sys.exit("usage: nc -zv HOST PORT, to see whether a port answers; there is no more of netcat here")
host, port = sys.argv[2:]
try:
    socket.create_connection((host, int(port)), 5).close()
except (OSError, ValueError) as error:
    sys.exit(f"nc: connect to {host} port {port} (tcp) failed: {error}")
sys.stderr.write(f"Connection to {host} {port} port [tcp/*] succeeded!\\n")
""")
(ROOT / "usr/local/bin/nc").chmod(0o755)
(ROOT / "etc/os-release").symlink_to("../usr/lib/os-release")
(ROOT / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nlab:x:10001:10001::/app:/bin/sh\n")
(ROOT / "etc/group").write_text("root:x:0:\nlab:x:10001:\n")
for folder in ("app", "tmp", "data", "proc", "sys", "dev"):
    (ROOT / folder).mkdir(exist_ok=True)
subprocess.run([sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", ROOT,
                ROOT / str(standard).lstrip("/")], check=True)
COLLECT

FROM scratch AS python
COPY --from=runtime /rootfs /
COPY --from=dependencies /venv /venv
COPY --from=sbom /sbom /usr/share/sbom
LABEL org.opencontainers.image.version=0.1.0 \
      org.opencontainers.image.licenses=Apache-2.0
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 10001:10001

# The source files that an edit changes, as layers that are independent of those below: an edit is delivered as one such layer.
FROM scratch AS service-files
COPY service /app/service

FROM scratch AS viewer-files
COPY labctl/__init__.py labctl/errors.py /app/labctl/
COPY labctl/telemetry /app/labctl/telemetry

FROM python AS viewer
LABEL org.opencontainers.image.title="Telemetry viewer" \
      org.opencontainers.image.description="Receives OTLP into SQLite and answers queries over it"
EXPOSE 9003
CMD ["python", "-m", "labctl.telemetry", "--db", "/data/viewer.db", "--http", "0.0.0.0:9003", "--grpc", "0.0.0.0:9004"]
COPY --link --from=viewer-files / /

# last, so that it is the default target
FROM python AS service
LABEL org.opencontainers.image.title="AI inference service" \
      org.opencontainers.image.description="A FastAPI inference service with OpenTelemetry traces, metrics and logs"
# The first folder is the one that `opentelemetry-instrument` would add to PYTHONPATH before it starts the program. Setting it here,
# as the OpenTelemetry Operator does, avoids starting the interpreter twice.
ENV PYTHONPATH=/venv/lib/python3.13/site-packages/opentelemetry/instrumentation/auto_instrumentation:/app:/app/service/_entry \
    OTEL_PYTHON_DISTRO=lab OTEL_PYTHON_CONFIGURATOR=lab HOST=0.0.0.0 PORT=9000
EXPOSE 9000
CMD ["python", "-m", "service"]
COPY --link --from=service-files / /
