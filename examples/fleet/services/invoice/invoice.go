// Package invoice writes invoices.
package invoice

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
	"orders.example/fleet/pkg/tax"
)

const payableFor = 14 * 24 * time.Hour

// Request is what an invoice is to be about.
type Request struct {
	Country string `json:"country"`
	Items   []Item `json:"items"`
}

// Item is one line of an invoice.
type Item struct {
	Text     string       `json:"text"`
	Category string       `json:"category"`
	Net      money.Amount `json:"net"`
}

// Invoice is written once and changed only in its state.
type Invoice struct {
	Number string       `json:"number"`
	Items  []Item       `json:"items"`
	Net    money.Amount `json:"net"`
	Tax    money.Amount `json:"tax"`
	Gross  money.Amount `json:"gross"`
	Due    time.Time    `json:"due"`
	State  string       `json:"state"`
}

type counter struct{ Last int }

// Service keeps invoices by number.
type Service struct {
	invoices store.Collection[Invoice]
	counters store.Collection[counter]
}

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service {
	return &Service{store.Open[Invoice](db, "invoices"), store.Open[counter](db, "counters")}
}

// Write adds up an invoice and gives it the year's next number.
func (s *Service) Write(ctx context.Context, request Request) (Invoice, error) {
	invoice, err := total(request)
	if err != nil {
		return Invoice{}, err
	}
	year := time.Now().UTC().Format("2006")
	if err := s.counters.Add(ctx, year, counter{}); err != nil && problem.KindOf(err) != problem.Conflict {
		return Invoice{}, err
	}
	_, err = s.counters.Change(ctx, year, func(one *counter) error {
		one.Last++
		invoice.Number = fmt.Sprintf("%s-%06d", year, one.Last)
		// Not Add: what an earlier try has left under this number was never told to anybody.
		return s.invoices.Put(ctx, invoice.Number, invoice)
	})
	return invoice, err
}

// Get is one invoice.
func (s *Service) Get(ctx context.Context, number string) (Invoice, error) {
	return s.invoices.Get(ctx, number)
}

// Paid notes that the money has come.
func (s *Service) Paid(ctx context.Context, number string) (Invoice, error) {
	return s.invoices.Change(ctx, number, func(one *Invoice) error { one.State = "paid"; return nil })
}

// Remind marks what should have been paid.
func (s *Service) Remind(ctx context.Context) (int, error) {
	late := func(one Invoice) bool { return one.State == "open" && time.Now().After(one.Due) }
	return store.Sweep(ctx, s.invoices, late, func(one *Invoice) error {
		if one.State == "open" {
			one.State = "overdue"
		}
		return nil
	})
}

func total(request Request) (Invoice, error) {
	rates, err := tax.In(request.Country)
	if err != nil {
		return Invoice{}, err
	}
	if len(request.Items) == 0 {
		return Invoice{}, problem.Invalidf("an invoice has items")
	}
	net := money.Amount{Currency: request.Items[0].Net.Currency}
	due := net
	for _, item := range request.Items {
		if net, err = money.Sum(net, item.Net); err != nil {
			return Invoice{}, err
		}
		due.Minor += rates.On(item.Net, item.Category).Minor
	}
	gross, err := money.Sum(net, due)
	return Invoice{Items: request.Items, Net: net, Tax: due, Gross: gross, Due: time.Now().Add(payableFor), State: "open"}, err
}
