package httpserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orders.example/fleet/pkg/problem"
)

func ask(t *testing.T, handler http.Handler, method, path, body string) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return answer.Code, answer.Body.String()
}

func TestProblemsBecomeStatuses(t *testing.T) {
	type in struct{ Name string }
	for want, err := range map[int]error{
		200: nil, 404: problem.Missingf("x"), 409: problem.Conflictf("x"), 422: problem.Invalidf("x"), 401: problem.Refusedf("x"),
		500: errors.New("secret"),
	} {
		handler := Take(func(_ *http.Request, one in) (string, error) { return one.Name, err })
		code, body := ask(t, handler, "POST", "/", `{"Name": "Ada"}`)
		if code != want || strings.Contains(body, "secret") {
			t.Errorf("%v: %d %s", err, code, body)
		}
	}
	handler := Take(func(*http.Request, in) (string, error) { return "", nil })
	if code, body := ask(t, handler, "POST", "/", `{"Nom": "Ada"}`); code != 422 || !strings.Contains(body, "Nom") {
		t.Errorf("%d %s", code, body)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	handler := withHealth(http.NewServeMux(), func(context.Context) error { return errors.New("no database") })
	if code, _ := ask(t, handler, "GET", "/healthz", ""); code != 200 {
		t.Error(code)
	}
	if code, body := ask(t, handler, "GET", "/readyz", ""); code != 503 || !strings.Contains(body, "no database") {
		t.Errorf("%d %s", code, body)
	}
}

func TestRequestsFinishBeforeTheEnd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		stop()
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, "done")
	})
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, slow, time.Minute) }()
	answer, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); string(body) != "done" {
		t.Errorf("%q", body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
