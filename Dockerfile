# The whole suite in one container, run by `trivet up`:
#
#   docker build -t trivet .
#   docker run -v trivet:/state -p 127.0.0.1:8080:8080 -e DATABASE_URL=postgresql://… trivet
ARG BASE_IMAGE=python:3.11-slim
FROM ${BASE_IMAGE}
RUN apt-get update -q && apt-get install -y -q --no-install-recommends nginx \
    libnginx-mod-http-brotli-filter redis-server tini \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV UV_SYSTEM_CERTS=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --quiet --no-cache-dir uv==0.13.8
COPY pyproject.toml uv.lock ./
COPY libs libs
COPY services services
COPY gateway gateway
COPY cli cli
COPY demo demo
COPY nginx nginx
RUN uv sync --quiet --frozen --no-dev --no-cache --all-packages \
 && useradd --system --uid 10001 --user-group --home-dir /state --shell /usr/sbin/nologin trivet \
 && install --directory --owner trivet --group trivet --mode 0700 /state
USER 10001:10001
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 BIND=0.0.0.0 PORT=8080 STATE=/state \
    TRIVET_STATE_DIR=/state TRIVET_LOG_STDOUT=1
VOLUME /state
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --retries=24 CMD python -m chassis.probe /readyz "http://127.0.0.1:${PORT}"
# the kernel gives orphans to process 1, which must take them in
ENTRYPOINT ["tini", "--", "trivet"]
CMD ["up"]
