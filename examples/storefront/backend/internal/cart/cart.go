// Package cart keeps what visitors want to buy, in memory and within limits.
package cart

import (
	"container/list"
	"errors"
	"sync"
	"time"

	"storefront.example/backend/internal/catalogue"
)

// MostOfOne is how many of one product a cart holds.
const MostOfOne = 20

// What can go wrong with an order.
var (
	ErrNoProduct = errors.New("there is no such product")
	ErrQuantity  = errors.New("the quantity is out of range")
)

// A Line of a cart; Price is one product's, in cents.
type Line struct {
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Price    int64  `json:"price"`
	Quantity int    `json:"quantity"`
}

// A Cart as it is shown.
type Cart struct {
	Lines []Line `json:"lines"`
	Total int64  `json:"total"`
}

// Limits of a Store: how many carts it keeps, and how long one that nobody touches.
type Limits struct {
	Carts    int
	Lifetime time.Duration
}

// A Store keeps carts by id. It forgets the one longest untouched when there are too many.
type Store struct {
	products *catalogue.Catalogue
	limits   Limits
	now      func() time.Time

	mutex sync.Mutex
	byID  map[string]*list.Element
	used  *list.List // of *kept, the last used in front
}

type kept struct {
	id      string
	touched time.Time
	lines   []Line
}

// NewStore makes an empty one.
func NewStore(products *catalogue.Catalogue, limits Limits, now func() time.Time) *Store {
	return &Store{products: products, limits: limits, now: now, byID: map[string]*list.Element{}, used: list.New()}
}

// Get a cart; one that was never filled is empty.
func (s *Store) Get(id string) Cart {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.forget()
	if element, found := s.byID[id]; found {
		return shown(element.Value.(*kept).lines)
	}
	return shown(nil)
}

// Add products to a cart.
func (s *Store) Add(id, sku string, quantity int) (Cart, error) {
	product, found := s.products.Find(sku)
	if !found {
		return Cart{}, ErrNoProduct
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.forget()
	var lines []Line
	if element, found := s.byID[id]; found {
		lines = element.Value.(*kept).lines
	}
	lines, err := added(lines, product, quantity)
	if err != nil {
		return Cart{}, err
	}
	s.keep(id, lines)
	return shown(lines), nil
}

func (s *Store) keep(id string, lines []Line) {
	cart := &kept{id: id, touched: s.now(), lines: lines}
	if element, found := s.byID[id]; found {
		element.Value = cart
		s.used.MoveToFront(element)
		return
	}
	s.byID[id] = s.used.PushFront(cart)
	if s.used.Len() > s.limits.Carts {
		s.drop(s.used.Back())
	}
}

// forget the carts that nobody has touched for too long: they are all at the end.
func (s *Store) forget() {
	for last := s.used.Back(); last != nil; last = s.used.Back() {
		if s.now().Sub(last.Value.(*kept).touched) < s.limits.Lifetime {
			return
		}
		s.drop(last)
	}
}

func (s *Store) drop(element *list.Element) {
	delete(s.byID, s.used.Remove(element).(*kept).id)
}

// added gives new lines: the old ones may be in somebody's hands.
func added(lines []Line, product catalogue.Product, quantity int) ([]Line, error) {
	lines = append([]Line(nil), lines...)
	at := -1
	for i, line := range lines {
		if line.SKU == product.SKU {
			at = i
		}
	}
	if at < 0 {
		lines = append(lines, Line{SKU: product.SKU, Name: product.Name, Price: product.Price})
		at = len(lines) - 1
	}
	if quantity < 1 || quantity > MostOfOne-lines[at].Quantity {
		return nil, ErrQuantity
	}
	lines[at].Quantity += quantity
	return lines, nil
}

func shown(lines []Line) Cart {
	cart := Cart{Lines: lines}
	if lines == nil {
		cart.Lines = []Line{}
	}
	for _, line := range lines {
		cart.Total += line.Price * int64(line.Quantity)
	}
	return cart
}
