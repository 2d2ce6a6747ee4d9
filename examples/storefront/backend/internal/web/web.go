// Package web is the HTTP interface of the back end.
package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"storefront.example/backend/internal/cart"
	"storefront.example/backend/internal/catalogue"
)

const largestBody = 4 << 10

var cartID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

type api struct {
	products *catalogue.Catalogue
	carts    *cart.Store
	ending   <-chan struct{}
}

// Handler answers for the shop. It is not ready any more once ending is closed.
func Handler(
	products *catalogue.Catalogue, carts *cart.Store, log *slog.Logger, ending <-chan struct{},
) http.Handler {
	a := &api{products: products, carts: carts, ending: ending}
	shop := http.NewServeMux()
	shop.HandleFunc("GET /products", a.listProducts)
	shop.HandleFunc("GET /products/{sku}", a.showProduct)
	shop.HandleFunc("GET /carts/{id}", a.showCart)
	shop.HandleFunc("POST /carts/{id}/items", a.addItem)
	all := http.NewServeMux()
	all.HandleFunc("GET /health", a.health)
	all.HandleFunc("GET /health/ready", a.ready)
	all.Handle("/", logged(log, shop))
	return all
}

func (a *api) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "healthy"})
}

func (a *api) ready(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-a.ending:
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "ending"})
	default:
		answer(w, http.StatusOK, map[string]string{"status": "ready"})
	}
}

func (a *api) listProducts(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"products": a.products.All()})
}

func (a *api) showProduct(w http.ResponseWriter, r *http.Request) {
	product, found := a.products.Find(r.PathValue("sku"))
	if !found {
		refuse(w, http.StatusNotFound, cart.ErrNoProduct.Error())
		return
	}
	answer(w, http.StatusOK, product)
}

func (a *api) showCart(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !cartID.MatchString(id) {
		refuse(w, http.StatusNotFound, "that is no id of a cart")
		return
	}
	answer(w, http.StatusOK, a.carts.Get(id))
}

func (a *api) addItem(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !cartID.MatchString(id) {
		refuse(w, http.StatusNotFound, "that is no id of a cart")
		return
	}
	var order struct {
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestBody)).Decode(&order); err != nil {
		refuse(w, http.StatusBadRequest, "wanted: a JSON object with sku and quantity")
		return
	}
	filled, err := a.carts.Add(id, order.SKU, order.Quantity)
	switch {
	case errors.Is(err, cart.ErrNoProduct):
		refuse(w, http.StatusNotFound, err.Error())
	case err != nil:
		refuse(w, http.StatusUnprocessableEntity, err.Error())
	default:
		answer(w, http.StatusOK, filled)
	}
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"error": why})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// An error means that the caller has gone, which is nobody's fault here.
	_ = json.NewEncoder(w).Encode(body)
}

// logged writes a line for each answer, with the id that the front end gave the request.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusSeen{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		log.Info("answered", "method", r.Method, "path", r.URL.Path, "status", seen.status,
			"ms", time.Since(began).Milliseconds(), "request", r.Header.Get("X-Request-ID"))
	})
}

type statusSeen struct {
	http.ResponseWriter
	status int
}

func (s *statusSeen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}
