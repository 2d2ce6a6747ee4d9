# What a first Dockerfile looks like: one stage, the toolchain and its caches in it. Kept to be measured, not to be run:
#   lading size backend --compare-dockerfile naive/backend.Dockerfile --context backend
FROM golang:1.26
WORKDIR /src
COPY . .
RUN go build -o /usr/local/bin/backend .
EXPOSE 8080
CMD ["backend"]
