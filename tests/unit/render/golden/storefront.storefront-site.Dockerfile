# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of storefront-site, for linux/amd64.

# build: installs everything, and builds; does not ship.
# node 24: package.json › engines.node
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS build
ARG TARGETARCH

# What the build is told of the world.
ENV ASTRO_TELEMETRY_DISABLED=1 \
    CI=1 \
    NEXT_TELEMETRY_DISABLED=1 \
    NODE_ENV=production \
    NUXT_TELEMETRY_DISABLED=1 \
    TZ=UTC
WORKDIR /project

# Everything that the project names, from the lock alone. Made anew only when the lock or a package.json changes;
# nothing of any package runs.
# For a registry that asks who comes: `docker build --secret id=npmrc,src=$HOME/.npmrc`.
RUN --mount=type=cache,id=npm-${TARGETARCH},target=/root/.npm \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=bind,source=package-lock.json,target=package-lock.json \
    --mount=type=bind,source=package.json,target=package.json \
    npm ci --ignore-scripts --no-audit --no-fund --include=dev

# What the build makes, and nothing of what it is made of.
# framework Vite: package.json › dependencies.vite
# build npm run build: package.json › scripts.build
COPY . /project/
RUN npm run build \
    && mkdir -p /srv && cp -a /project/dist/. /srv/ \
    && find /srv -mindepth 1 -depth -type d -empty -exec rmdir {} ';' \
    && chmod -R u=rwX,go=rX,a-st /srv

# Each text also compressed, once and well, so that no request has to wait for it.
COPY --link --chown=0:0 --chmod=644 <<compress.cjs /lading/
// Beside every text below a folder, the same text compressed by gzip and by Brotli, where that is smaller.
const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");

const texts = new Set([
  ".css", ".csv", ".html", ".ico", ".js", ".json", ".map", ".md", ".mjs", ".otf", ".svg", ".ttf", ".txt", ".wasm",
  ".webmanifest", ".xml",
]);
const least = 1024; // bytes; what fits into one packet gains nothing

function brotli(data) {
  const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: size } = zlib.constants;
  return zlib.brotliCompressSync(data, { params: { [quality]: 11, [size]: data.length } });
}

for (const entry of fs.readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  if (!entry.isFile() || !texts.has(path.extname(file).toLowerCase())) continue;
  const data = fs.readFileSync(file);
  if (data.length < least) continue;
  for (const [suffix, packed] of [[".gz", zlib.gzipSync(data, { level: 9 })], [".br", brotli(data)]]) {
    if (packed.length < data.length && !fs.existsSync(file + suffix)) fs.writeFileSync(file + suffix, packed);
  }
}
compress.cjs

RUN node /lading/compress.cjs /srv \
    && chmod -R u=rwX,go=rX,a-st /srv

# server: compiles the server of the files. It runs as what builds: Go compiles for any platform from any other.
FROM --platform=$BUILDPLATFORM golang:1.24-alpine AS server
ARG TARGETARCH
ENV CGO_ENABLED=0 \
    GOFLAGS="-mod=readonly" \
    GOOS=linux \
    GOTOOLCHAIN=local \
    GOWORK=off

WORKDIR /static-server
# Hands out the files, and nothing else. The whole source of it, which depends on nothing but Go.
COPY --link --chown=0:0 --chmod=644 <<go.mod <<"main.go" <<"site.go" /static-server/
the source of static-server/go.mod
go.mod
the source of static-server/main.go
main.go
the source of static-server/site.go
site.go

RUN --mount=type=cache,id=go-build,target=/root/.cache/go-build \
    GOARCH="$TARGETARCH" go build -trimpath -buildvcs=false '-ldflags=-s -w' -o /lading/static-server .

# runtime: what ships, and nothing else.
FROM gcr.io/distroless/static-debian13:nonroot AS runtime

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /srv

# Hands out the files, and nothing else.
COPY --link --from=server --chown=0:0 /lading/static-server /lading/static-server

# The site, each text also compressed.
COPY --link --from=build --chown=0:0 /srv /srv

ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PORT=8080 \
    STATIC_ROOT=/srv
LABEL org.opencontainers.image.description="The shop's front door: a static page." \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.title=storefront-site \
    org.opencontainers.image.version=1.0.0

# A number, so that Kubernetes can tell that it is not root.
# user 65532:65532: default
USER 65532:65532

# port 8080: lading.toml › services.storefront-site.port
EXPOSE 8080

# The server asks itself: there is nothing else in the image that could.
# health /healthz: the server of the files
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \
    CMD ["/lading/static-server", "-probe"]

# server Lading's own server of files: package.json
STOPSIGNAL SIGTERM
ENTRYPOINT ["/lading/static-server"]
CMD []
