package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

var (
	errNotFound = errors.New("there is no such thing")
	errSoldOut  = errors.New("there are not so many left")
	errOther    = errors.New("another order has this ID")
)

// An order is of one product.
type order struct {
	// ID is the client's, so that an order sent again is the same order.
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Product  string `json:"product"`
	Quantity int64  `json:"quantity"`
	// Total is in cents, at the price of the day.
	Total int64 `json:"total"`
}

// A receipt answers an order.
type receipt struct {
	Order order `json:"order"`
	// Repeat says that the order was placed before, and that this call changed nothing.
	Repeat bool `json:"repeat,omitempty"`
	// Rewards are what it earned, in their present state.
	Rewards []reward.Record `json:"rewards,omitempty"`
}

// place writes an order, its points and what is left of the product: all three or nothing. The same order again changes
// nothing and is answered as the first time.
//
// The row of the product comes last, because everybody who orders it waits for that row until the commit. The order of steps
// is the same in each transaction of the shop, so that no two wait for each other.
func (s *shop) place(ctx context.Context, o order) (receipt, error) {
	var f rule.Faults
	f.At("id", rule.CheckID(o.ID))
	f.At("product", rule.CheckID(o.Product))
	if o.Quantity < 1 || o.Quantity > 1000 {
		f.Add("quantity", strconv.FormatInt(o.Quantity, 10), "must be 1 to 1000")
	}
	if err := f.Err(); err != nil {
		return receipt{}, err
	}
	var r receipt
	err := s.transact(ctx, func(tx *sql.Tx, eng *engine.Engine) error {
		written, isNew, err := writeOrder(ctx, tx, o)
		if err != nil {
			return err
		}
		// Recorded on a repeat too: it changes nothing then, and answers what the order earned.
		out, err := eng.Record(ctx, task.Event{
			ID: "order-" + o.ID, User: o.Customer, Task: "order", Attrs: rule.Attrs{"total": euros(written.Total)},
		})
		if err != nil {
			return err // and the order is undone; that it earned nothing would be no error
		}
		if isNew {
			if err := takeStock(ctx, tx, o); err != nil {
				return err // and the points are undone
			}
		}
		r = receipt{Order: written, Repeat: !isNew, Rewards: out.Rewards}
		return nil
	})
	if err != nil {
		return receipt{}, err
	}
	s.log.InfoContext(ctx, "order", slog.String("id", o.ID), slog.String("customer", o.Customer),
		slog.Bool("repeat", r.Repeat), slog.Int("rewards", len(r.Rewards)))
	return r, nil
}

// euros writes cents as a decimal number.
func euros(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
