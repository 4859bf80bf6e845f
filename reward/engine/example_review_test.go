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

// A record that waits for a person: it is reviewed, claimed by its user, taken back and given back. The Seq a caller saw
// makes its call safe to repeat, and safe against another operator's.
func ExampleEngine_Review() {
	ctx := context.Background()
	eng, err := engine.New(memory.New(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Put(ctx, engine.By{Actor: "ops"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "essay"},
		reward.Config{Code: "prize", Amount: ledger.Whole("points", 50), Rule: rule.Done("essay"), Review: true, Claim: true},
	)
	if err != nil {
		log.Fatal(err)
	}

	out, err := eng.Record(ctx, task.Event{ID: "essay-1", User: "mei", Task: "essay"})
	if err != nil {
		log.Fatal(err)
	}
	id := out.Rewards[0].ID
	show := func(m reward.Moved, err error) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.Record.Status, m.Record.Seq, m.Changed)
	}
	fmt.Println(out.Rewards[0].Status, out.Rewards[0].Seq)
	show(eng.Claim(ctx, id)) // too soon
	show(eng.Review(ctx, engine.By{Actor: "ann"}, id, true))
	show(eng.Review(ctx, engine.By{Actor: "bob"}, id, true)) // passed already
	show(eng.Claim(ctx, id))
	show(eng.Deduct(ctx, engine.By{Actor: "ann", Reason: "copied", Seq: 3}, id))
	show(eng.Deduct(ctx, engine.By{Actor: "ann", Reason: "copied", Seq: 3}, id)) // the answer was lost, so she asks again
	show(eng.Reinstate(ctx, engine.By{Actor: "ann", Reason: "it was hers"}, id))
	// Output:
	// pending 1
	// claim prize/1 of mei: it is pending (seq 1)
	// claimable 2 true
	// claimable 2 false
	// granted 3 true
	// deducted 4 true
	// deducted 4 true
	// granted 5 true
}
