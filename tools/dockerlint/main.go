// Dockerlint says what `docker build --check` would say of Dockerfiles, with BuildKit's own rules and no daemon.
//
// Each argument is a file. It prints what it finds and ends with 1 when there is anything, with 2 for a file that
// BuildKit cannot read. https://docs.docker.com/reference/build-checks/
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/opencontainers/go-digest"
)

// offline answers for every base image, so that no registry is asked: the checks are about the Dockerfile alone.
type offline struct{}

func (offline) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers"}}`)
	return ref, digest.FromBytes(config), config, nil
}

func main() {
	worst := 0
	for _, path := range os.Args[1:] {
		worst = max(worst, check(path))
	}
	os.Exit(worst)
}

// check prints what is wrong with one file and tells how bad it is, as an exit code.
func check(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	sources := llb.NewSourceMap(nil, path, "Dockerfile", text)
	sources.Definition = &llb.Definition{} // the result is printed with its source lines, and asks for one
	found, err := dockerfile2llb.DockerfileLint(context.Background(), text, dockerfile2llb.ConvertOpt{
		MetaResolver: offline{},
		SourceMap:    sources,
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
		return 2
	}
	if len(found.Warnings) == 0 && found.Error == nil {
		return 0
	}
	found.PrintTo(os.Stdout, nil)
	return 1
}
