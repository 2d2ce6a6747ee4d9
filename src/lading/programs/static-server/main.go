// Static-server serves the files of one folder, read-only, as a static site in production needs it.
//
// The folder is looked through once, at the start: only files found then are served, by exactly their names, so no
// path leads anywhere else. Links, and names that begin with a dot (but for /.well-known), are not files of the site.
// FILE.br and FILE.gz beside FILE are its compressed forms. All settings come from the environment:
//
//	PORT                 where it listens, on every address (8080)
//	STATIC_ROOT          the folder (/srv)
//	STATIC_HEALTH        the path that says that it works (/healthz)
//	STATIC_FALLBACK      the file for navigations to paths that are none, for apps with routes of their own (none)
//	STATIC_IMMUTABLE     prefixes of paths, with commas between, below which a name always has the same content
//	STATIC_CSP           a Content-Security-Policy for every answer (none)
//	STATIC_FRAME_OPTIONS DENY, SAMEORIGIN, or off (DENY)
//	STATIC_LOG           1: a line of JSON for every answer, on standard output (off)
//
// With -probe it asks the health path of the server that runs beside it, and ends with 0 or 1.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	probeTimeout = 5 * time.Second
	grace        = 10 * time.Second // for answers under way once the process is asked to end
)

type settings struct {
	port, root, health, fallback, policy, frame string
	unique                                      []string
	log                                         bool
}

func readSettings(get func(string) string) (settings, error) {
	text := func(name, otherwise string) string { return cmp.Or(get(name), otherwise) }
	chosen := settings{
		port: text("PORT", "8080"), root: text("STATIC_ROOT", "/srv"), health: text("STATIC_HEALTH", "/healthz"),
		fallback: strings.Trim(get("STATIC_FALLBACK"), "/"), policy: get("STATIC_CSP"),
		frame: strings.ToUpper(text("STATIC_FRAME_OPTIONS", "DENY")), log: get("STATIC_LOG") == "1",
		unique: append(strings.FieldsFunc(get("STATIC_IMMUTABLE"), func(r rune) bool { return r == ',' }), unique...),
	}
	var problems []error
	if number, err := strconv.ParseUint(chosen.port, 10, 16); err != nil || number == 0 {
		problems = append(problems, fmt.Errorf("PORT is %q, not a number from 1 to 65535", chosen.port))
	}
	if !strings.HasPrefix(chosen.health, "/") {
		problems = append(problems, fmt.Errorf("STATIC_HEALTH is %q, not a path", chosen.health))
	}
	if !slices.Contains([]string{"DENY", "SAMEORIGIN", "OFF"}, chosen.frame) {
		problems = append(problems, fmt.Errorf("STATIC_FRAME_OPTIONS is %q, not DENY, SAMEORIGIN or off", chosen.frame))
	}
	return chosen, errors.Join(problems...)
}

// serve until the context ends, and then for as long as answers are still being given.
func serve(ctx context.Context, s *site, listener net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		IdleTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		s.ending.Store(true)
		patience, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		ended <- server.Shutdown(patience)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

// probe asks over a bare connection: a client of net/http would make the program a megabyte larger.
func probe(chosen settings) error {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", chosen.port), probeTimeout)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(probeTimeout))
	fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", (&url.URL{Path: chosen.health}).EscapedPath())
	status, err := bufio.NewReader(io.LimitReader(conn, 1<<10)).ReadString('\n')
	if words := strings.Fields(status); len(words) < 2 || words[1] != "200" {
		return errors.Join(err, fmt.Errorf("%s answers %q", chosen.health, strings.TrimSpace(status)))
	}
	return nil
}

func run(arguments []string) error {
	chosen, err := readSettings(os.Getenv)
	if err != nil {
		return err
	}
	if len(arguments) > 0 && (len(arguments) > 1 || arguments[0] != "-probe") {
		return errors.New("it takes -probe, and nothing else: settings come from the environment")
	}
	if len(arguments) == 1 {
		return probe(chosen)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	s, err := openSite(chosen)
	if err != nil {
		return err
	}
	defer s.folder.Close()
	listener, err := net.Listen("tcp", ":"+chosen.port)
	if err != nil {
		return err
	}
	return serve(ctx, s, listener)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "static-server:", err)
		os.Exit(1)
	}
}
