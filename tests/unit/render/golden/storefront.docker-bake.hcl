# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render bake --write`. `lading render bake --check` fails where the two differ.
#
# At the repository's root: `docker buildx bake` builds every service, `docker buildx bake NAME` one of them,
# `--push` and `--load` say where they go. The Dockerfiles are there: `lading render dockerfile --write`.

variable "TAG" {
  # Of every image; without it each has its own project's version.
  default = ""
}

variable "REVISION" {
  # The commit, for a label: REVISION=$(git rev-parse HEAD)
  default = ""
}

variable "CACHE" {
  # A repository of a registry, where each service keeps the layers of all its stages.
  default = ""
}

function "tag" {
  params = [own]
  result = TAG == "" ? own : TAG
}

function "from" {
  params = [service]
  result = CACHE == "" ? [] : ["type=registry,ref=${CACHE}/${service}"]
}

function "to" {
  params = [service]
  result = CACHE == "" ? [] : ["type=registry,ref=${CACHE}/${service},mode=max,image-manifest=true,oci-mediatypes=true"]
}

target "_common" {
  attest = ["type=provenance,disabled=true"]
  labels = {
    "org.opencontainers.image.revision" = REVISION == "" ? null : REVISION
  }
}

group "default" {
  targets = ["backend", "storefront", "storefront-site"]
}

target "backend" {
  inherits   = ["_common"]
  context    = "backend"
  dockerfile = "Dockerfile"
  platforms  = ["linux/amd64"]
  tags       = ["backend:${tag("latest")}"]
  cache-from = from("backend")
  cache-to   = to("backend")
}

target "storefront" {
  inherits   = ["_common"]
  context    = "frontend"
  dockerfile = "Dockerfile"
  platforms  = ["linux/amd64"]
  tags       = ["storefront:${tag("1.0.0")}"]
  cache-from = from("storefront")
  cache-to   = to("storefront")
}

target "storefront-site" {
  inherits   = ["_common"]
  context    = "site"
  dockerfile = "Dockerfile"
  platforms  = ["linux/amd64"]
  tags       = ["storefront-site:${tag("1.0.0")}"]
  cache-from = from("storefront-site")
  cache-to   = to("storefront-site")
}
