package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	slowest = 30 * time.Second // for one write: a client that takes nothing for longer has gone
	forever = "public, max-age=31536000, immutable"
	ask     = "no-cache" // kept, but never used without asking; cheap, since every file has an ETag
)

// codings are the compressed forms, best first.
var codings = []struct{ suffix, name string }{{".br", "br"}, {".gz", "gzip"}}

// hashed are names with a digest of their content where bundlers put them (Vite, Astro, Nuxt, Remix); what is all
// lower case might be a word, and what is all digits a date. Next and SvelteKit never use a name twice below a folder.
var (
	hashed = regexp.MustCompile(`^/(?:.*/)?(?:assets|_astro|_nuxt|build)/(?:.*[-.])?([0-9A-Za-z_-]{8,})\.\w+$`)
	isWord = regexp.MustCompile(`^(?:[a-z_-]+|[0-9_-]+)$`)
	unique = []string{"/_next/static/", "/_app/immutable/"}
)

// types by extension: as WHATWG and IANA have them, and the same on every machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".map": "application/json",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".wasm": "application/wasm",
	".xml": "application/xml", ".rss": "application/rss+xml", ".atom": "application/atom+xml",
	".txt": "text/plain; charset=utf-8", ".md": "text/markdown; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".ico": "image/x-icon", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".svg": "image/svg+xml", ".webp": "image/webp", ".avif": "image/avif", ".woff": "font/woff", ".woff2": "font/woff2",
	".ttf": "font/ttf", ".otf": "font/otf", ".pdf": "application/pdf", ".mp4": "video/mp4", ".webm": "video/webm",
	".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav", ".vtt": "text/vtt; charset=utf-8",
}

// A file of the site; its ETag is a digest of the content, made when it is first asked for.
type file struct {
	name  string // relative to the root
	size  int64
	once  sync.Once
	etag  string
	coded map[string]*file // its compressed forms, by coding
}

type site struct {
	settings
	folder *os.Root
	files  map[string]*file // by path, from the root of the site
	ending atomic.Bool
	lines  *slog.Logger
}

// openSite looks through the folder.
func openSite(chosen settings) (*site, error) {
	folder, err := os.OpenRoot(chosen.root)
	if err != nil {
		return nil, err
	}
	s := &site{settings: chosen, folder: folder, files: map[string]*file{}}
	s.lines = slog.New(slog.NewJSONHandler(os.Stdout, nil))
	if err := fs.WalkDir(folder.FS(), ".", s.add); err != nil {
		return nil, err
	}
	if len(s.files) == 0 {
		return nil, fmt.Errorf("there are no files in %s", chosen.root)
	}
	if s.fallback != "" && s.files["/"+s.fallback] == nil {
		return nil, fmt.Errorf("STATIC_FALLBACK is %q, and there is no such file in %s", s.fallback, s.root)
	}
	s.pairUp()
	return s, nil
}

func (s *site) add(name string, entry fs.DirEntry, err error) error {
	hidden := strings.HasPrefix(entry.Name(), ".") && name != "." && name != ".well-known"
	switch {
	case err != nil:
		return err
	case hidden && entry.IsDir():
		return fs.SkipDir
	case hidden || !entry.Type().IsRegular():
		return nil
	}
	info, err := entry.Info()
	if err == nil {
		s.files["/"+name] = &file{name: name, size: info.Size(), coded: map[string]*file{}}
	}
	return err
}

// pairUp takes the compressed forms to the files that they are forms of.
func (s *site) pairUp() {
	for at, one := range s.files {
		for _, coding := range codings {
			if plain, found := s.files[strings.TrimSuffix(at, coding.suffix)]; found && plain != one {
				plain.coded[coding.name] = one
				delete(s.files, at)
			}
		}
	}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began, a := time.Now(), &answer{ResponseWriter: w, control: http.NewResponseController(w), status: http.StatusOK}
	a.wait()
	s.guard(a.Header())
	at := path.Clean("/" + r.URL.Path)
	one, page := s.find(at)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		a.Header().Set("Allow", "GET, HEAD")
		plain(a, http.StatusMethodNotAllowed, "only GET and HEAD")
	case r.URL.Path == s.health && s.ending.Load():
		plain(a, http.StatusServiceUnavailable, "ending")
	case r.URL.Path == s.health:
		plain(a, http.StatusOK, "ok")
	case one == nil:
		s.missing(a, r, at)
	case page != r.URL.Path:
		target := url.URL{Path: page, RawQuery: r.URL.RawQuery}
		a.Header().Set("Cache-Control", ask)
		http.Redirect(a, r, target.String(), http.StatusPermanentRedirect)
	default:
		s.send(a, r, one, s.caching(at))
	}
	if s.log {
		took := time.Since(began).Milliseconds()
		s.lines.Info("answered", "method", r.Method, "path", r.URL.Path, "status", a.status, "ms", took)
	}
}

func (s *site) guard(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	if s.frame != "OFF" {
		header.Set("X-Frame-Options", s.frame)
	}
	if s.policy != "" {
		header.Set("Content-Security-Policy", s.policy)
	}
}

// find the file for a clean path, and the path that it should have been asked by: pages are found without `.html`,
// and by their folders, which end with a slash so that links relative to them hold.
func (s *site) find(at string) (*file, string) {
	if one, found := s.files[at]; found {
		return one, at
	}
	if one, found := s.files[path.Join(at, "index.html")]; found {
		return one, strings.TrimSuffix(at, "/") + "/"
	}
	return s.files[at+".html"], at
}

// missing answers for what is no file: with the app for a navigation, if it has one, else with the site's own 404.
func (s *site) missing(a *answer, r *http.Request, at string) {
	navigation := strings.Contains(r.Header.Get("Accept"), "text/html") && s.caching(at) != forever
	fallback, page := s.files["/"+s.fallback], s.files["/404.html"]
	switch {
	case navigation && fallback != nil:
		s.send(a, r, fallback, ask)
	case navigation && page != nil:
		a.instead = http.StatusNotFound
		s.send(a, &http.Request{Method: r.Method, Header: http.Header{
			"Accept-Encoding": r.Header["Accept-Encoding"], // but no range, and no condition
		}}, page, ask)
	default:
		plain(a, http.StatusNotFound, "not found")
	}
}

// send a file in the best form that the client takes; ranges and conditions are net/http's.
func (s *site) send(a *answer, r *http.Request, one *file, caching string) {
	header, form := a.Header(), one
	if len(one.coded) > 0 {
		header.Add("Vary", "Accept-Encoding")
		if coding := choose(one.coded, r.Header.Get("Accept-Encoding")); coding != "" {
			form = one.coded[coding]
			header.Set("Content-Encoding", coding)
			header.Set("Content-Length", strconv.FormatInt(form.size, 10)) // net/http leaves it out for coded content
		}
	}
	content, err := s.folder.Open(form.name)
	if err != nil {
		header.Del("Content-Encoding")
		header.Del("Content-Length")
		plain(a, http.StatusInternalServerError, "the file cannot be read")
		return
	}
	defer content.Close()
	header.Set("Content-Type", cmp.Or(types[strings.ToLower(path.Ext(one.name))], "application/octet-stream"))
	header.Set("Cache-Control", caching)
	if etag := form.digest(content); etag != "" {
		header.Set("ETag", etag)
	}
	http.ServeContent(a, r, "", time.Time{}, content)
}

// digest reads the file, once, and leaves the content at its beginning.
func (f *file) digest(content io.ReadSeeker) string {
	f.once.Do(func() {
		sum := sha256.New()
		if _, err := io.Copy(sum, content); err == nil {
			f.etag = `"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:16]) + `"`
		}
		_, _ = content.Seek(0, io.SeekStart)
	})
	return f.etag
}

func (s *site) caching(at string) string {
	below := func(prefix string) bool { return strings.HasPrefix(at, prefix) }
	found := hashed.FindStringSubmatch(at)
	if slices.ContainsFunc(s.unique, below) || found != nil && !isWord.MatchString(found[1]) {
		return forever
	}
	return ask
}

// choose a coding that the client accepts (RFC 9110, section 12.5.3), or none.
func choose(coded map[string]*file, accepted string) string {
	wanted := map[string]bool{}
	for part := range strings.SplitSeq(accepted, ",") {
		name, weight, _ := strings.Cut(part, ";")
		_, value, _ := strings.Cut(weight, "=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		wanted[strings.ToLower(strings.TrimSpace(name))] = err != nil || quality > 0
	}
	for _, coding := range codings {
		takes, named := wanted[coding.name]
		if coded[coding.name] != nil && (takes || !named && wanted["*"]) {
			return coding.name
		}
	}
	return ""
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", types[".txt"])
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // an error means that the client has gone
}

// An answer gives every write its time, and so a large file as long as it takes.
type answer struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	instead int // of 200, if any
}

func (a *answer) wait() { _ = a.control.SetWriteDeadline(time.Now().Add(slowest)) } // a test's writer has none

func (a *answer) Write(data []byte) (int, error) {
	a.wait()
	return a.ResponseWriter.Write(data)
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	if status == http.StatusOK {
		a.status = cmp.Or(a.instead, status)
	}
	a.ResponseWriter.WriteHeader(a.status)
}
