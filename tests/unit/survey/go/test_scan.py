"""What one Go file says: imports, ports, routes, variables, and nothing that a string or comment only looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.go.scan import scan_file
from lading.survey.go.source import GoFile


def scan(body: str, head: str = 'package main\n\nimport "os"\n') -> GoFile:
    """A file with this in it."""
    return scan_file(f"{head}{body}\n".encode())


def test_the_head_is_read_past_comments_and_odd_spacing() -> None:
    read = scan_file(b"""// Copyright.
//go:build linux && !cgo

/* package wrong */
package  main // the program

import ( "a/b"
  // one that is not used
  _ "c"; . `d`
)
import e "f"
func main() {}
import "never"
""")
    assert read.package == "main"
    assert read.constraint == "linux && !cgo"
    assert [(one.path, one.line) for one in read.imports] == [("a/b", 7), ("c", 9), ("d", 9), ("f", 11)]


def test_a_constraint_behind_the_package_is_a_comment() -> None:
    assert scan_file(b"package main\n//go:build ignore\n").constraint == ""


@pytest.mark.parametrize(
    ("body", "port", "kind"),
    [
        ('func main() { http.ListenAndServe(":8081", nil) }', 8081, "call"),
        ('func main() { net.Listen("tcp", ":8082") }', 8082, "call"),
        ('func main() { net.Listen("tcp", "0.0.0.0:8082") }', 8082, "call"),
        ('func main() { r.Run(":8083") }', 8083, "call"),
        ('var s = &http.Server{Addr: ":8084", Handler: h}', 8084, "field"),
        ('var port = flag.Int("port", 8085, "where to listen")', 8085, "flag"),
        ('func init() { flag.StringVar(&addr, "http-addr", ":8086", "") }', 8086, "flag"),
        ('var port = envOr("PORT", "8087")', 8087, "variable"),
        ('var port = cmp.Or(os.Getenv("HTTP_PORT"), "8088")', 8088, "variable"),
        ('port := os.Getenv("PORT")\nif port == "" {\n\tport = "8089"\n}', 8089, "variable"),
        ('type C struct {\n\tPort int `env:"PORT" envDefault:"8090"`\n}', 8090, "variable"),
        ('type C struct {\n\tPort int `envconfig:"LISTEN_ADDR" default:":8091"`\n}', 8091, "variable"),
        ('var n = number("PORT", "8092", 0, 65535)', 8092, "variable"),
    ],
)
def test_signs_of_a_port(body: str, port: int, kind: str) -> None:
    (sign,) = scan(body).listens
    assert (sign.port, sign.kind) == (port, kind)


@pytest.mark.parametrize(
    "body",
    [
        '// http.ListenAndServe(":8080", nil)',
        '/* http.ListenAndServe(":8080", nil) */',
        'var doc = `http.ListenAndServe(":8080", nil)`',
        'var quoted = "http.ListenAndServe(\\":8080\\", nil)"',
        'var db = redis.NewClient(&redis.Options{Addr: "localhost:6379"})',
        'var pg = os.Getenv("POSTGRES_PORT")\nvar other = "5432"',
        'func main() { net.Dial("tcp", ":8080") }',
        'func main() { http.ListenAndServe(":99999", nil) }',
    ],
)
def test_what_only_looks_like_a_port(body: str) -> None:
    assert scan(body).listens == ()


@pytest.mark.parametrize(
    ("body", "path", "whole"),
    [
        ('mux.HandleFunc("/healthz", ok)', "/healthz", True),
        ('mux.HandleFunc("GET /healthz", ok)', "/healthz", True),
        ('r.GET("/health/live", ok)', "/health/live", True),
        ('r.Method("GET", "/readyz", ok)', "/readyz", True),
        ('r.Route("/api", func(r chi.Router) { r.Get("/health", ok) })', "/health", False),
    ],
)
def test_health_routes(body: str, path: str, whole: bool) -> None:
    (route,) = scan(f"func main() {{ {body} }}").routes
    assert (route.path, route.whole) == (path, whole)


def test_other_routes_are_none() -> None:
    assert scan('func main() { mux.HandleFunc("POST /healthz", x); mux.HandleFunc("/users", y) }').routes == ()


def test_variables_with_what_is_known_of_them() -> None:
    read = scan("""
var a, b = os.Getenv("DATABASE_URL"), os.LookupEnv("LOG_LEVEL")
var c = mustEnv("API_KEY")
var d = settings.String("REDIS_URL", "redis://localhost:6379/0")
type C struct {
	E string `env:"QUEUE,required"`
	F string `env:"QUEUE_NAME,notEmpty" envDefault:"jobs"`
}
func init() { os.Setenv("NOT_READ", "1"); t.Setenv("NOR_THIS", "1") }
""")
    assert [(one.name, one.default, one.required) for one in read.env] == [
        ("DATABASE_URL", "", False),
        ("LOG_LEVEL", "", False),
        ("API_KEY", "", True),
        ("REDIS_URL", "redis://localhost:6379/0", False),
        ("QUEUE", "", True),
        ("QUEUE_NAME", "jobs", False),
    ]


def test_embedded_files() -> None:
    body = '//go:embed templates/*.html "with space.txt"\nvar files embed.FS\n//go:embed `raw`\nvar raw string'
    assert scan(body).embeds == ("templates/*.html", "with space.txt", "raw")


def test_a_health_service_counts_where_it_is_registered() -> None:
    head = 'package main\n\nimport healthpb "google.golang.org/grpc/health/grpc_health_v1"\n'
    assert scan("func main() {\n\thealthpb.RegisterHealthServer(server, health.NewServer())\n}", head).grpc_health == 5
    assert scan("var client = healthpb.NewHealthClient(conn)", head).grpc_health == 0


def test_what_is_no_go_says_nothing() -> None:
    assert scan_file(b"<html>") == GoFile()
    assert scan_file(b"\xff\xfe\x00") == GoFile()


@given(st.text(alphabet="packgemin \n\"`'/*\\(){}:8080,import", max_size=300))
def test_whatever_is_written_something_is_read(text: str) -> None:
    assert isinstance(scan_file(f"package main\n{text}".encode()), GoFile)
