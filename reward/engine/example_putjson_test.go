package engine_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store/memory"
)

// A catalog in JSON, and what is wrong with one: every fault at once, and nothing is written.
func ExampleEngine_PutJSON() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}

	revision, err := eng.PutJSON(ctx, engine.By{Actor: "ops"}, strings.NewReader(`{
		"calendar": {"zone": "Asia/Shanghai"},
		"assets":   [{"code": "CNY", "scale": 2}],
		"tasks":    [{"code": "login", "period": "daily"}, {"code": "profile"}],
		"rewards":  [{"code": "loyal", "amount": "1.50 CNY",
			"rule":  {"all": [{"streak": "login", "n": 3}, {"done": "profile"}]},
			"limit": {"max": 50, "per_cycle": 10, "cycle": {"every": 1, "unit": "day"}}}]}`))
	fmt.Println(revision, err)

	_, err = eng.PutJSON(ctx, engine.By{Actor: "ops"}, strings.NewReader(`{
		"rewards": [{"code": "late", "amount": "0.005 CNY",
			"window": {"start": "2025-12-01T00:00:00Z"},
			"rule":   {"any": [{"streak": "profile", "n": 3}, {"count": "logon"}]}}]}`))
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// reward late: amount: "0.005 CNY": its number must have at most 2 digits after the point
	// reward late: rule.any[0].n: "3": task profile is done once
	// reward late: rule.any[1].count: "logon": no such task
}
