package httpserver

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"orders.example/fleet/pkg/problem"
)

const largestBody = 1 << 20

var statusOf = map[problem.Kind]int{
	problem.Internal: http.StatusInternalServerError,
	problem.Invalid:  http.StatusUnprocessableEntity,
	problem.Missing:  http.StatusNotFound,
	problem.Conflict: http.StatusConflict,
	problem.Refused:  http.StatusUnauthorized,
}

// Answer answers requests that bring nothing but their address.
func Answer[Out any](work func(*http.Request) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := work(r)
		finish(w, out, err)
	}
}

// Take answers requests that bring a JSON document; a field that is not known is refused.
func Take[In, Out any](work func(*http.Request, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		var out Out
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestBody))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&in)
		if err != nil {
			err = problem.Invalidf("the body is not as expected: %v", err)
		} else {
			out, err = work(r, in)
		}
		finish(w, out, err)
	}
}

// finish answers with a document, or with a problem document (RFC 9457). What is internal goes to the log alone.
func finish(w http.ResponseWriter, out any, err error) {
	if err == nil {
		answer(w, http.StatusOK, out)
		return
	}
	kind := problem.KindOf(err)
	detail := err.Error()
	if kind == problem.Internal {
		slog.Error("request failed", "error", detail)
		detail = "the service failed"
	}
	w.Header().Set("Content-Type", "application/problem+json")
	answer(w, statusOf[kind], map[string]any{
		"status": statusOf[kind], "title": http.StatusText(statusOf[kind]), "detail": detail,
	})
}

func answer(w http.ResponseWriter, code int, document any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(document) // the client went away: nobody is left to tell
}
