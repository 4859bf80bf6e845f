package engine_test

import (
	"context"
	"fmt"
	"log"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/task"
)

// A point for each yuan of an order of a hundred or more, paid by card. Attributes are declared with the task; an amount
// is computed exactly and cut down to what the asset allows.
func Example_amountFrom() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "order", Period: rule.Unlimited, Attrs: rule.Schema{"total": rule.Decimal, "method": rule.String}},
		reward.Config{Code: "cashback", Amount: ledger.Whole("points", 0), AmountFrom: "floor(total)",
			Rule: rule.Count("order", 1).Where(`total >= 100 and method == "card"`)},
	)
	if err != nil {
		log.Fatal(err)
	}

	for id, attrs := range []rule.Attrs{
		{"total": "129.90", "method": "card"},
		{"total": "99.99", "method": "card"},
		{"total": "500", "method": "cash"},
		{"method": "card"}, // a total that is absent compares with nothing
	} {
		out, err := eng.Record(ctx, task.Event{ID: fmt.Sprint("order-", id), User: "mei", Task: "order", Attrs: attrs})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(out.Rewards), out.Ignored == "")
		for _, r := range out.Rewards {
			fmt.Println(r.Amount)
		}
	}
	// Output:
	// 1 true
	// 129 points
	// 0 true
	// 0 true
	// 0 true
}
