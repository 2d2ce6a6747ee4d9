package notification

import (
	"strings"
	"testing"

	"orders.example/fleet/pkg/problem"
)

func TestBlanksAreFilledIn(t *testing.T) {
	body, err := write("order-paid", map[string]string{"name": "Ada", "amount": "3.00 EUR", "order": "{name}"})
	if err != nil || !strings.Contains(body, "received 3.00 EUR for your order {name}") {
		t.Errorf("%q, %v", body, err)
	}
	for _, name := range []string{"order-paid", "nothing", "../go"} {
		if body, err := write(name, nil); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
}
