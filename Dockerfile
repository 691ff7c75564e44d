# syntax=docker/dockerfile:1
# One image for Functions Premium, AKS and Compose: serves HTTP or runs queue workers, for all models or one
# (AzureFunctionsJobHost__functions__N and MODEL_SERVICE, see docs/deploy-aks.md).
#   docker build --build-arg VERSION=$(git rev-parse HEAD) --tag sids-ml-backend .

# Python 3.13: the newest that the platform's images and azure-functions both support. The digest names one build of
# that tag; a newer one: docker buildx imagetools inspect mcr.microsoft.com/azure-functions/python:4-python3.13
ARG BASE_DIGEST=sha256:2abfe9a6e06cb1b98ff9be0c6d1a858afd8cf11bff5a479f8ef97c221f7c0c47

FROM mcr.microsoft.com/azure-functions/python:4-python3.13@${BASE_DIGEST} AS packages
WORKDIR /build
# This layer changes only with the requirements.
COPY requirements.txt ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-compile --target packages \
    --require-hashes --requirement requirements.txt
COPY sids_tools/deployment/trimming.py ./
# Compiled here, since the container's file system is read-only.
RUN python trimming.py packages && python -m compileall -q packages

# The libraries of the page at /explore, from npm; Node comes as a package of Python.
FROM mcr.microsoft.com/azure-functions/python:4-python3.13@${BASE_DIGEST} AS explorer
WORKDIR /build/explorer
COPY explorer/requirements.txt ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.txt
COPY explorer/package.json explorer/package-lock.json explorer/vendor.mjs ./
RUN npm ci --ignore-scripts --no-audit --no-fund && node vendor.mjs

FROM mcr.microsoft.com/azure-functions/python:4-python3.13@${BASE_DIGEST}
ARG VERSION=unknown
LABEL org.opencontainers.image.title="SIDS ML backend" \
      org.opencontainers.image.description="Fills the gaps in the statistics of Small Island Developing States" \
      org.opencontainers.image.revision="${VERSION}" \
      org.opencontainers.image.base.name="mcr.microsoft.com/azure-functions/python:4-python3.13"

# Only HOME and temporary files are writable. Port 8080, since 80 needs root.
ENV ASPNETCORE_URLS=http://+:8080 \
    AzureFunctionsJobHost__FileWatchingEnabled=false \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    AzureFunctionsJobHost__Logging__FileLoggingMode=Never \
    AzureWebJobsScriptRoot=/home/site/wwwroot \
    DATASET_CACHE_PATH=/tmp/datasets \
    DOTNET_EnableDiagnostics=0 \
    HOME=/tmp \
    PYTHONPATH=/home/site/wwwroot/.python_packages/lib/site-packages

WORKDIR /home/site/wwwroot
RUN install --directory --owner 10001 --group 10001 /data
COPY --from=packages /build/packages .python_packages/lib/site-packages
COPY host.json function_app.py requirements.txt ./
COPY blueprints blueprints
COPY explorer/*.css explorer/*.html explorer/*.js explorer/*.svg explorer/
COPY --from=explorer /build/explorer/vendor explorer/vendor
COPY sids_core sids_core
COPY sids_service sids_service
RUN python -m compileall -q function_app.py blueprints sids_core sids_service

USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8080/health', timeout=4)"]
