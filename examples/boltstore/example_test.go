package boltstore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/guerdon-go/guerdon/examples/boltstore"
	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A shop keeps its orders and what they earn in one file. An order and its event are one transaction: both are there, or
// neither. After the file was closed and opened again everything is found, and the same events earn nothing again.
func Example() {
	dir, err := os.MkdirTemp("", "boltstore")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for range 2 {
		if err := shop(filepath.Join(dir, "shop.db")); err != nil {
			log.Print(err)
			return
		}
	}
	// Output:
	// order-1 is new, earned 0
	// order-2 is new, earned 1
	// orders [order-1 order-2], balance [5 points]
	// order-1 was there, earned 0
	// order-2 was there, earned 1
	// orders [order-1 order-2], balance [5 points]
}

func shop(file string) error {
	ctx := context.Background()
	db, err := bolt.Open(file, 0o600, nil) // each commit is synced, as it should be outside of tests
	if err != nil {
		return err
	}
	defer db.Close()
	st, err := boltstore.New(db)
	if err != nil {
		return err
	}
	eng, err := engine.New(st, engine.Options{})
	if err != nil {
		return err
	}
	if _, err := eng.PutMissing(ctx, engine.By{Actor: "deploy"},
		ledger.Asset{Code: "points"},
		task.Config{Code: "order", Period: rule.Unlimited},
		reward.Config{Code: "second-order", Rule: rule.Count("order", 2), Amount: ledger.Whole("points", 5)},
	); err != nil {
		return err
	}

	for _, id := range []string{"order-1", "order-2"} {
		err := db.Update(func(tx *bolt.Tx) error {
			orders, err := tx.CreateBucketIfNotExists([]byte("orders"))
			if err != nil {
				return err
			}
			if err := orders.Put([]byte(id), []byte("paid")); err != nil {
				return err
			}
			out, err := eng.With(st.In(tx)).Record(ctx, task.Event{ID: id, User: "mei", Task: "order"})
			if err == nil {
				was := map[bool]string{false: "is new", true: "was there"}[out.Replay]
				fmt.Printf("%s %s, earned %d\n", id, was, len(out.Rewards))
			}
			return err // an error here undoes the order
		})
		if err != nil {
			return err
		}
	}
	return show(ctx, db, eng)
}

// show prints the shop's orders and what the user holds.
func show(ctx context.Context, db *bolt.DB, eng *engine.Engine) error {
	board, err := eng.Board(ctx, "mei")
	if err != nil {
		return err
	}
	var ids []string
	err = db.View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("orders")).ForEach(func(id, _ []byte) error {
			ids = append(ids, string(id))
			return nil
		})
	})
	fmt.Printf("orders %v, balance %v\n", ids, board.Balances)
	return err
}
