# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of storefront, for linux/amd64.

# build: installs everything, and builds; does not ship.
# node 24: package.json › engines.node
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS build
ARG TARGETARCH

# What the build is told of the world.
ENV ASTRO_TELEMETRY_DISABLED=1 \
    BACKEND_URL=http://backend:8080 \
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
# framework Vite: vite.config.ts › build.outDir
# build npm run build: package.json › scripts.build
COPY . /project/
RUN npm run build \
    && mkdir -p /app && cp -a /project/dist /app/ \
    && mkdir -p /app && cp -a /project/package.json /app/ \
    && find /app -mindepth 1 -depth -type d -empty -exec rmdir {} ';' \
    && chmod -R u=rwX,go=rX,a-st /app

# modules: installs for the target; does not ship.
# node 24: package.json › engines.node
FROM node:24-trixie-slim AS modules
ARG TARGETARCH

WORKDIR /app
# What package-lock.json names for production. Made anew only when the lock or a package.json changes; nothing of any
# package runs.
# For a registry that asks who comes: `docker build --secret id=npmrc,src=$HOME/.npmrc`.
# packages npm: package-lock.json
RUN --mount=type=cache,id=npm-${TARGETARCH},target=/root/.npm \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=bind,source=package-lock.json,target=package-lock.json \
    --mount=type=bind,source=package.json,target=package.json \
    npm ci --ignore-scripts --no-audit --no-fund --omit=dev \
    && rm -rf /app/node_modules/.cache /app/node_modules/.package-lock.json /app/node_modules/.package-map.json \
        /app/node_modules/.modules.yaml /app/node_modules/.pnpm-workspace-state-v1.json /app/node_modules/.yarn-integrity \
        /app/node_modules/.yarn-state.yml /app/node_modules/.pnpm/lock.yaml \
    && find /app/node_modules -mindepth 1 -depth -type d -empty -exec rmdir {} ';' \
    && chmod -R u=rwX,go=rX,a-st /app/node_modules

# runtime: what ships, and nothing else.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS runtime

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /app

# The production packages.
COPY --link --from=modules --chown=0:0 /app/node_modules /app/node_modules

# What the build makes, and nothing of what it is made of.
COPY --link --from=build --chown=0:0 /app /app

# env BACKEND_URL http://backend:8080: lading.toml › services.storefront.env.BACKEND_URL
ENV BACKEND_URL=http://backend:8080 \
    NODE_ENV=production \
    PATH=/nodejs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
LABEL org.opencontainers.image.description="A shop's front end: pages made on the server, brought to life in the browser." \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.title=storefront \
    org.opencontainers.image.version=1.0.0

# A number, so that Kubernetes can tell that it is not root.
# user 65532:65532: default
USER 65532:65532

# port 3000: lading.toml › services.storefront.port
EXPOSE 3000

# Node itself asks: there is no shell, no curl, and no need of either.
# health /health: lading.toml › services.storefront.health.path
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \
    CMD ["/nodejs/bin/node", "-e", "require(\"http\").get({host:\"127.0.0.1\",port:3000,path:\"/health\",timeout:10000},r=>process.exit(r.statusCode>=200&&r.statusCode<400?0:1)).on(\"timeout\",()=>process.exit(1)).on(\"error\",()=>process.exit(1))"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["dist/server/main.js"]
