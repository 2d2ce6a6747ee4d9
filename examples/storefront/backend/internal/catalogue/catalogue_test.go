package catalogue_test

import (
	"testing"

	"storefront.example/backend/internal/catalogue"
)

func TestTheBuiltInCatalogueIsGood(t *testing.T) {
	products, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	if products.Len() < 5 {
		t.Fatalf("%d products", products.Len())
	}
	for _, one := range products.All() {
		if found, there := products.Find(one.SKU); !there || found != one {
			t.Errorf("%s is not found", one.SKU)
		}
	}
}

func TestAProductIsThereOnceAndHasAPrice(t *testing.T) {
	one := catalogue.Product{SKU: "a", Price: 1}
	for _, products := range [][]catalogue.Product{{one, one}, {{SKU: "a"}}, {{Price: 1}}} {
		if _, err := catalogue.New(products); err == nil {
			t.Errorf("%+v is a catalogue", products)
		}
	}
}
