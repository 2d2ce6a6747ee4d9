package web_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"storefront.example/backend/internal/cart"
	"storefront.example/backend/internal/catalogue"
	"storefront.example/backend/internal/web"
)

func handler(t *testing.T, log *slog.Logger, ending chan struct{}) http.Handler {
	t.Helper()
	products, err := catalogue.New([]catalogue.Product{{SKU: "cup", Name: "Cup", Price: 300}})
	if err != nil {
		t.Fatal(err)
	}
	carts := cart.NewStore(products, cart.Limits{Carts: 10, Lifetime: time.Hour}, time.Now)
	return web.Handler(products, carts, log, ending)
}

func TestAnswers(t *testing.T) {
	order := "POST /carts/a/items "
	two := `{"lines":[{"sku":"cup","name":"Cup","price":300,"quantity":2}],"total":600}`
	wanted := `{"error":"wanted: a JSON object with sku and quantity"}`
	cases := []struct {
		request string // method, path, body
		status  int
		body    string
	}{
		{"GET /health", 200, `{"status":"healthy"}`},
		{"GET /health/ready", 200, `{"status":"ready"}`},
		{"GET /products", 200, `{"products":[{"sku":"cup","name":"Cup","summary":"","price":300}]}`},
		{"GET /products/cup", 200, `{"sku":"cup","name":"Cup","summary":"","price":300}`},
		{"GET /products/car", 404, `{"error":"there is no such product"}`},
		{"GET /carts/a", 200, `{"lines":[],"total":0}`},
		{order + `{"sku":"cup","quantity":2}`, 200, two},
		{"GET /carts/a", 200, two},
		{order + `{"sku":"cup","quantity":19}`, 422, `{"error":"the quantity is out of range"}`},
		{order + `{"sku":"car","quantity":1}`, 404, `{"error":"there is no such product"}`},
		{order + `{"sku":`, 400, wanted},
		{order + `{"sku":"` + strings.Repeat("x", 5000) + `"}`, 400, wanted},
		{"GET /carts/a.b", 404, `{"error":"that is no id of a cart"}`},
		{"POST /carts/" + strings.Repeat("a", 65) + "/items {}", 404, `{"error":"that is no id of a cart"}`},
		{"DELETE /carts/a", 405, "Method Not Allowed"},
		{"GET /", 404, "404 page not found"},
	}
	shop := handler(t, slog.New(slog.DiscardHandler), nil)
	for _, one := range cases {
		words := strings.SplitN(one.request+" ", " ", 3)
		told := httptest.NewRecorder()
		shop.ServeHTTP(told, httptest.NewRequest(words[0], words[1], strings.NewReader(words[2])))
		if body := strings.TrimSpace(told.Body.String()); told.Code != one.status || body != one.body {
			t.Errorf("%.60s: %d %s", one.request, told.Code, body)
		}
	}
}

func TestItIsNotReadyWhileItEnds(t *testing.T) {
	ending := make(chan struct{})
	shop := handler(t, slog.New(slog.DiscardHandler), ending)
	close(ending)
	for path, want := range map[string]int{"/health/ready": 503, "/health": 200} {
		told := httptest.NewRecorder()
		shop.ServeHTTP(told, httptest.NewRequest("GET", path, nil))
		if told.Code != want {
			t.Errorf("%s: %d", path, told.Code)
		}
	}
}

func TestTheLogTellsOfRequestsButNotOfHealth(t *testing.T) {
	var lines bytes.Buffer
	shop := handler(t, slog.New(slog.NewJSONHandler(&lines, nil)), nil)
	for _, path := range []string{"/health", "/products/car"} {
		request := httptest.NewRequest("GET", path, nil)
		request.Header.Set("X-Request-ID", "r-1")
		shop.ServeHTTP(httptest.NewRecorder(), request)
	}
	var line struct {
		Msg, Path, Request string
		Status             int
	}
	if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, lines.String())
	}
	if line.Msg != "answered" || line.Path != "/products/car" || line.Status != 404 || line.Request != "r-1" {
		t.Fatalf("%+v", line)
	}
}
