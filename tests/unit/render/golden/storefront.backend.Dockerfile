# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of backend, for linux/amd64.

# probe: compiles what the health check runs. It runs as what builds: Go compiles for any platform from any other.
# Go 1.26: go.mod:3
FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS probe
ARG TARGETARCH
ENV CGO_ENABLED=0 \
    GOFLAGS="-mod=readonly" \
    GOOS=linux \
    GOTOOLCHAIN=local \
    GOWORK=off

WORKDIR /probe
# Asks the service how it is. The whole source of it, which depends on nothing but Go.
COPY --link --chown=0:0 --chmod=644 <<go.mod <<"http.go" <<"main.go" /probe/
the source of probe/go.mod
go.mod
the source of probe/http.go
http.go
the source of probe/main.go
main.go

RUN --mount=type=cache,id=go-build,target=/root/.cache/go-build \
    GOARCH="$TARGETARCH" go build -trimpath -buildvcs=false '-ldflags=-s -w' -o /lading/probe .

# build: compiles for the target; does not ship. It runs as what builds: Go compiles for any platform from any other.
# Go 1.26: go.mod:3
FROM --platform=$BUILDPLATFORM golang:1.26-alpine AS build
ARG TARGETARCH
ENV CGO_ENABLED=0 \
    GOFLAGS="-mod=readonly" \
    GOOS=linux \
    GOTOOLCHAIN=local \
    GOWORK=off

WORKDIR /src
# Linked with nothing, stripped, and without paths of the machine that builds. The source is seen as it is, and copied
# into no layer.
# cgo none: linked with nothing: storefront.example/backend
# binary backend .: ./
RUN --mount=type=bind,target=/src \
    --mount=type=cache,id=go-mod,target=/go/pkg/mod \
    --mount=type=cache,id=go-build,target=/root/.cache/go-build \
    --mount=type=secret,id=netrc,target=/root/.netrc \
    --mount=type=secret,id=go-env,target=/root/.config/go/env \
    mkdir -p /app \
    && GOARCH="$TARGETARCH" go build -trimpath -buildvcs=false '-ldflags=-s -w' -o /app/backend .

# runtime: what ships, and nothing else.
FROM gcr.io/distroless/static-debian13:nonroot AS runtime

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /app

# The programs, and nothing of what made them.
COPY --link --from=build --chown=0:0 /app /app

# Asks the service how it is.
COPY --link --from=probe --chown=0:0 /lading/probe /lading/probe

ENV PATH=/app:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PORT=8080 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
LABEL org.opencontainers.image.title=backend

# A number, so that Kubernetes can tell that it is not root.
# user 65532:65532: default
USER 65532:65532

# port 8080: lading.toml › services.backend.port
EXPOSE 8080

# A program of its own asks: there is no shell, no curl, and no need of either.
# health /health: lading.toml › services.backend.health.path
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \
    CMD ["/lading/probe", "http://127.0.0.1:8080/health", "10s"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/backend"]
CMD []
