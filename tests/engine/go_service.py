"""A small service in Go for the engine: three programs, an embedded file, no modules of others."""

from pathlib import Path

FILES = {
    "go.mod": "module example.test/shop\n\ngo 1.24\n",
    "cmd/shop/main.go": """package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"example.test/shop/internal/page"
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(page.Text + amsterdam.String()))
	})
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
""",
    "cmd/migrate/main.go": 'package main\n\nfunc main() { println("migrated") }\n',
    "cmd/worker/main.go": 'package main\n\nfunc main() { println("worked") }\n',
    "internal/page/page.go": 'package page\n\nimport _ "embed"\n\n//go:embed page.txt\nvar Text string\n',
    "internal/page/page.txt": "hello from ",
    "internal/page/page_test.go": "package page\n",
    ".env": "SECRET=1\n",
}


def go_service(folder: Path, settings: str = "") -> Path:
    """Write the service into a folder, with lines for its lading.toml."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "lading.toml").write_text(f"{settings}\n")
    return folder
