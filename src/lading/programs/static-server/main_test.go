package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const secret = "nobody's business"

// files of a site, some of which must never be served.
var files = map[string]string{
	"index.html":                    "<p>home</p>",
	"about.html":                    "<p>about</p>",
	"docs/index.html":               "<p>docs</p>",
	"docs/part.txt":                 "0123456789",
	"assets/main-BEnw23gr.js":       "plain();",
	"assets/main-BEnw23gr.js.br":    "brotli",
	"assets/main-BEnw23gr.js.gz":    "gzip",
	"assets/my-beautiful.css":       "p{}",
	"assets/report-20240101.pdf":    "%PDF",
	"_next/static/chunks/main.js":   "next();",
	"data.tar.gz":                   "an archive",
	"no.extension":                  "?",
	".env":                          secret,
	".git/config":                   secret,
	"docs/.htpasswd":                secret,
	"docs/.well-known/secret":       secret,
	".well-known/security.txt":      "Contact: mailto:us@shop.example",
	"a b/ü.txt":                     "spaces",
	"empty/.keep":                   "",
	"assets/index.D1gEst_0.js.map":  "{}",
	"fonts/a.woff2":                 "wOF2",
	"nested/assets/x-0a1b2c3d.css":  "b{}",
	"trap/index.html/not-a-page.md": "a folder with a page's name",
}

func open(t *testing.T, change func(*settings)) *site {
	t.Helper()
	base := t.TempDir()
	root := filepath.Join(base, "root")
	for name, content := range files {
		write(t, filepath.Join(root, name), content)
	}
	write(t, filepath.Join(base, "outside.txt"), secret)
	for name, target := range map[string]string{"out.txt": "../outside.txt", "etc": "/etc", "in.txt": "docs/part.txt"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	chosen, err := readSettings(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	chosen.root = root
	if change != nil {
		change(&chosen)
	}
	s, err := openSite(chosen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.folder.Close() })
	return s
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// get a path with headers, given as `Name: value`.
func get(s http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	return do(s, "GET", path, headers...)
}

func do(s http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "http://site.example/", nil)
	request.URL.Path, request.URL.RawQuery, _ = strings.Cut(path, "?")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	told := httptest.NewRecorder()
	s.ServeHTTP(told, request)
	return told
}

func TestEveryFileIsServedAsWhatItIs(t *testing.T) {
	s := open(t, nil)
	for path, want := range map[string]string{
		"/":                         "200 text/html; charset=utf-8 <p>home</p>",
		"/index.html":               "200 text/html; charset=utf-8 <p>home</p>",
		"/about":                    "200 text/html; charset=utf-8 <p>about</p>",
		"/docs/":                    "200 text/html; charset=utf-8 <p>docs</p>",
		"/docs/part.txt":            "200 text/plain; charset=utf-8 0123456789",
		"/assets/main-BEnw23gr.js":  "200 text/javascript; charset=utf-8 plain();",
		"/data.tar.gz":              "200 application/octet-stream an archive",
		"/no.extension":             "200 application/octet-stream ?",
		"/.well-known/security.txt": "200 text/plain; charset=utf-8 Contact: mailto:us@shop.example",
		"/a b/ü.txt":                "200 text/plain; charset=utf-8 spaces",
		"/fonts/a.woff2":            "200 font/woff2 wOF2",
		"/healthz":                  "200 text/plain; charset=utf-8 ok\n",
	} {
		told := get(s, path)
		if got := fmt.Sprintf("%d %s %s", told.Code, told.Header().Get("Content-Type"), told.Body); got != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	s := open(t, nil)
	for _, path := range []string{
		"/.env", "/.git/config", "/.git", "/docs/.htpasswd", "/docs/.well-known/secret", "/out.txt", "/in.txt",
		"/etc/passwd", "/etc", "/../outside.txt", "/docs/../../outside.txt", "/..", "/assets", "/assets/", "/empty/",
		"/docs\\part.txt", "/docs/part.txt\x00.html", "/DOCS/part.txt", "/assets/main-BEnw23gr.js.br", "/trap",
		"/docs/part.txt/", "/about/", "/%2e%2e/outside.txt", "/nothing", "/.", "/index", "/..%2foutside.txt",
	} {
		told := get(s, path, "Accept: text/html")
		elsewhere := told.Code == http.StatusPermanentRedirect
		if strings.Contains(told.Body.String(), secret) || told.Code == http.StatusOK && path != "/index" {
			t.Errorf("%q: %d %s", path, told.Code, told.Body)
		} else if told.Code != http.StatusNotFound && !elsewhere && path != "/index" {
			t.Errorf("%q: %d", path, told.Code)
		}
	}
}

func TestPagesHaveOnePath(t *testing.T) {
	s := open(t, nil)
	for path, want := range map[string]string{
		"/docs":                  "/docs/",
		"/docs?a=b&c":            "/docs/?a=b&c",
		"//docs":                 "/docs/",
		"/docs//part.txt":        "/docs/part.txt",
		"/x/../about":            "/about",
		"//evil.example/../docs": "/docs/",
		"//":                     "/",
	} {
		told := get(s, path)
		if told.Code != 308 || told.Header().Get("Location") != want {
			t.Errorf("%s: %d %s", path, told.Code, told.Header().Get("Location"))
		}
	}
}

func TestOnlyNamesWithDigestsAreKeptForEver(t *testing.T) {
	s := open(t, func(chosen *settings) { chosen.unique = append(chosen.unique, "/fonts/") })
	for path, want := range map[string]string{
		"/":                             ask,
		"/about":                        ask,
		"/docs/part.txt":                ask,
		"/assets/my-beautiful.css":      ask,
		"/assets/report-20240101.pdf":   ask,
		"/assets/main-BEnw23gr.js":      forever,
		"/assets/index.D1gEst_0.js.map": ask,
		"/nested/assets/x-0a1b2c3d.css": forever,
		"/_next/static/chunks/main.js":  forever,
		"/fonts/a.woff2":                forever,
	} {
		if told := get(s, path); told.Header().Get("Cache-Control") != want {
			t.Errorf("%s: %s", path, told.Header().Get("Cache-Control"))
		}
	}
	if told := get(s, "/assets/gone-BEnw23gr.js"); told.Code != 404 || told.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("what is missing is kept: %v", told.Header())
	}
}

func TestCompressedFormsAreChosenByTheClient(t *testing.T) {
	s := open(t, nil)
	for accepted, want := range map[string]string{
		"":                         "plain();",
		"gzip, deflate, br, zstd":  "brotli",
		"gzip":                     "gzip",
		"GZIP;q=0.5":               "gzip",
		"br;q=0, gzip":             "gzip",
		"br;q=0, gzip;q=0.000":     "plain();",
		"br;q=0, *":                "gzip",
		"*":                        "brotli",
		"*;q=0":                    "plain();",
		"identity":                 "plain();",
		"br ; q=0.1 , gzip;q=nan?": "brotli",
	} {
		told := get(s, "/assets/main-BEnw23gr.js", "Accept-Encoding: "+accepted)
		header := told.Header()
		if told.Body.String() != want || header.Get("Content-Length") != fmt.Sprint(len(want)) {
			t.Errorf("%q: %s %v", accepted, told.Body, header)
		}
		if header.Get("Vary") != "Accept-Encoding" || header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%q: %v", accepted, header)
		}
	}
	if told := get(s, "/docs/part.txt", "Accept-Encoding: br"); told.Header().Get("Vary") != "" {
		t.Error("what has one form varies")
	}
}

func TestWhatTheClientHasIsNotSentAgain(t *testing.T) {
	s := open(t, nil)
	first := get(s, "/docs/part.txt").Header().Get("ETag")
	brotli := get(s, "/assets/main-BEnw23gr.js", "Accept-Encoding: br").Header().Get("ETag")
	identity := get(s, "/assets/main-BEnw23gr.js").Header().Get("ETag")
	if len(first) < 20 || brotli == identity || first == identity {
		t.Fatal(first, brotli, identity)
	}
	told := get(s, "/docs/part.txt", "If-None-Match: "+first)
	if told.Code != 304 || told.Body.Len() != 0 {
		t.Error(told.Code)
	}
	if told := get(s, "/docs/part.txt", `If-None-Match: "other"`); told.Code != 200 {
		t.Error(told.Code)
	}
}

func TestParts(t *testing.T) {
	s := open(t, nil)
	told := get(s, "/docs/part.txt", "Range: bytes=2-4")
	if told.Code != 206 || told.Body.String() != "234" || told.Header().Get("Content-Range") != "bytes 2-4/10" {
		t.Error(told.Code, told.Body, told.Header())
	}
	if told := get(s, "/docs/part.txt", "Range: bytes=20-"); told.Code != 416 {
		t.Error(told.Code)
	}
	if told := get(s, "/docs/part.txt", "Range: bytes=0-1", `If-Range: "old"`); told.Code != 200 {
		t.Error(told.Code)
	}
	head := do(s, "HEAD", "/docs/part.txt")
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != "10" {
		t.Error(head.Code, head.Body, head.Header())
	}
}

func TestNavigationsFallBackToTheAppAndNothingElseDoes(t *testing.T) {
	s := open(t, func(chosen *settings) { chosen.fallback = "index.html" })
	browser := "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	if told := get(s, "/orders/17", browser); told.Code != 200 || told.Body.String() != "<p>home</p>" {
		t.Error(told.Code, told.Body)
	}
	for path, accept := range map[string]string{
		"/orders/17": "Accept: application/json", "/logo.png": "Accept: image/avif,*/*", "/gone.js": "Accept: */*",
		"/assets/gone-BEnw23gr.js": browser, "/_next/static/gone.js": browser,
	} {
		if told := get(s, path, accept); told.Code != 404 || told.Body.String() != "not found\n" {
			t.Errorf("%s: %d %s", path, told.Code, told.Body)
		}
	}
	if told := do(s, "POST", "/orders/17", browser); told.Code != 405 || told.Header().Get("Allow") != "GET, HEAD" {
		t.Error(told.Code)
	}
}

func TestASiteHasItsOwnPageForWhatIsMissing(t *testing.T) {
	s := open(t, func(chosen *settings) {
		write(t, filepath.Join(chosen.root, "404.html"), "<p>lost</p>")
		write(t, filepath.Join(chosen.root, "404.html.gz"), "gz")
	})
	told := get(s, "/nowhere", "Accept: text/html", "Range: bytes=0-1", "If-None-Match: *")
	if told.Code != 404 || told.Body.String() != "<p>lost</p>" {
		t.Error(told.Code, told.Body)
	}
	coded := get(s, "/nowhere", "Accept: text/html", "Accept-Encoding: gzip")
	if coded.Code != 404 || coded.Body.String() != "gz" {
		t.Error(coded.Code, coded.Body)
	}
	if told := get(s, "/nowhere.png", "Accept: image/*"); told.Body.String() != "not found\n" {
		t.Error(told.Body)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := open(t, func(chosen *settings) { chosen.policy, chosen.frame = "default-src 'self'", "SAMEORIGIN" })
	for _, path := range []string{"/", "/nowhere", "/docs", "/healthz"} {
		header := get(s, path).Header()
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") == "" ||
			header.Get("Content-Security-Policy") != "default-src 'self'" || header.Get("X-Frame-Options") != "SAMEORIGIN" {
			t.Errorf("%s: %v", path, header)
		}
	}
	if header := get(open(t, nil), "/").Header(); header.Get("X-Frame-Options") != "DENY" {
		t.Error(header)
	}
}

func TestSettingsAreToldOfTogether(t *testing.T) {
	wrong := map[string]string{"PORT": "http", "STATIC_HEALTH": "healthz", "STATIC_FRAME_OPTIONS": "never"}
	_, err := readSettings(func(name string) string { return wrong[name] })
	for name := range wrong {
		if err == nil || !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, chosen := range []settings{{root: t.TempDir()}, {root: "/nowhere"}} {
		if _, err := openSite(chosen); err == nil {
			t.Errorf("%s is a site", chosen.root)
		}
	}
	s := open(t, nil)
	if _, err := openSite(settings{root: s.root, fallback: "app.html"}); err == nil {
		t.Error("a fallback that is not there is none")
	}
}

// live serves on a free port until the test, or the function that it gives, ends it.
func live(t *testing.T, s *site) (port string, end func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, s, listener) }()
	t.Cleanup(cancel)
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return port, func() error { cancel(); return <-done }
}

func TestTheProbeTellsWhetherItWorks(t *testing.T) {
	s := open(t, func(chosen *settings) { chosen.health = "/up ü" })
	port, end := live(t, s)
	if err := probe(settings{port: port, health: "/up ü"}); err != nil {
		t.Error(err)
	}
	if err := probe(settings{port: port, health: "/down"}); err == nil {
		t.Error("404 is healthy")
	}
	s.ending.Store(true)
	if err := probe(settings{port: port, health: "/up ü"}); err == nil {
		t.Error("healthy while it ends")
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	if err := probe(settings{port: port, health: "/up ü"}); err == nil {
		t.Error("healthy when it has gone")
	}
}

func TestHostileRequestsGetNoFile(t *testing.T) {
	port, _ := live(t, open(t, nil))
	for _, target := range []string{
		"/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/docs/..%5c..%5coutside.txt", "/%00", "/out.txt",
		"/.%65nv", "//.env", "/docs/%2e%2e/.git/config", "http://site.example/.env",
	} {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", target)
		told, _ := io.ReadAll(conn)
		conn.Close()
		if strings.Contains(string(told), secret) || strings.HasPrefix(string(told), "HTTP/1.1 200") {
			t.Errorf("%s: %s", target, told)
		}
	}
	request, _ := http.NewRequest("GET", "http://127.0.0.1:"+port+"/", nil)
	request.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	if told, err := http.DefaultClient.Do(request); err == nil {
		told.Body.Close()
		if told.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Error(told.Status)
		}
	}
}

func TestTheLogHasALineForEachAnswer(t *testing.T) {
	var lines strings.Builder
	s := open(t, func(chosen *settings) { chosen.log = true })
	s.lines = slog.New(slog.NewJSONHandler(&lines, nil))
	get(s, "/nowhere\n")
	if told := lines.String(); !strings.Contains(told, `"path":"/nowhere\n","status":404`) || strings.Count(told, "\n") != 1 {
		t.Error(told)
	}
}
