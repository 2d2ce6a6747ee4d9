// Package catalogue knows what the shop sells.
package catalogue

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed catalogue.json
var source []byte

// A Product of the shop; Price is in cents.
type Product struct {
	SKU     string `json:"sku"`
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Price   int64  `json:"price"`
}

// A Catalogue holds products; it never changes.
type Catalogue struct {
	products []Product
	bySKU    map[string]Product
}

// Load the catalogue that is built into the program.
func Load() (*Catalogue, error) {
	var products []Product
	if err := json.Unmarshal(source, &products); err != nil {
		return nil, fmt.Errorf("the catalogue: %w", err)
	}
	return New(products)
}

// New makes a catalogue of products, in their order.
func New(products []Product) (*Catalogue, error) {
	bySKU := make(map[string]Product, len(products))
	for _, product := range products {
		if _, twice := bySKU[product.SKU]; twice || product.SKU == "" || product.Price <= 0 {
			return nil, fmt.Errorf("the catalogue: %q has no price, or is there twice", product.SKU)
		}
		bySKU[product.SKU] = product
	}
	return &Catalogue{products: products, bySKU: bySKU}, nil
}

// All products.
func (c *Catalogue) All() []Product { return c.products }

// Len is the number of products.
func (c *Catalogue) Len() int { return len(c.products) }

// Find a product.
func (c *Catalogue) Find(sku string) (Product, bool) {
	product, found := c.bySKU[sku]
	return product, found
}
