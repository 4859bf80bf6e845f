package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/task"
)

// options are what a shop takes from outside. The zero options are ready to use.
type options struct {
	// Now is the clock, time.Now if it is nil.
	Now func() time.Time
	// Logger is that of the shop and of Guerdon. Nil discards.
	Logger *slog.Logger
	// Traces and Metrics are the application's. Nil ones do nothing.
	Traces  trace.TracerProvider
	Metrics metric.MeterProvider
}

// A shop has customers who order things, and points they earn by it.
type shop struct {
	db    *sql.DB
	books *sqlstore.Store
	eng   *engine.Engine
	watch *watcher
	now   func() time.Time
	log   *slog.Logger
}

// newShop makes the tables that are not there, puts the campaign, and starts nothing.
func newShop(ctx context.Context, db *sql.DB, d sqlstore.Dialect, opt options) (*shop, error) {
	s := &shop{db: db, now: opt.Now, log: cmp.Or(opt.Logger, slog.New(slog.DiscardHandler))}
	if s.now == nil {
		s.now = time.Now
	}
	if opt.Traces == nil {
		opt.Traces = tracenoop.NewTracerProvider()
	}
	if opt.Metrics == nil {
		opt.Metrics = metricnoop.NewMeterProvider()
	}
	var err error
	if s.watch, err = newWatcher(opt.Traces, opt.Metrics); err != nil {
		return nil, err
	}
	ctx, span := s.watch.tracer.Start(ctx, "start")
	defer span.End()
	if s.books, err = sqlstore.New(db, d, sqlstore.Options{Logger: s.log}); err != nil {
		return nil, err
	}
	if err := s.books.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("the tables of the points: %w", err)
	}
	if err := migrate(ctx, db); err != nil {
		return nil, fmt.Errorf("the tables of the shop: %w", err)
	}
	st, err := s.watch.watch(s.books)
	if err != nil {
		return nil, err
	}
	if s.eng, err = engine.New(st, engine.Options{Now: s.now, Logger: s.log}); err != nil {
		return nil, err
	}
	// What operators have edited since stays as it is: only what is missing is put.
	if _, err := s.eng.PutMissing(ctx, engine.By{Actor: "deploy", Reason: "start"}, campaign()...); err != nil {
		return nil, fmt.Errorf("the campaign: %w", err)
	}
	return s, nil
}

// calendar is that of the place where the days of the shop are counted.
var calendar = rule.Calendar{Zone: "Europe/Berlin"}

// campaign is what there is to do and to earn.
func campaign() []engine.Document {
	return []engine.Document{
		calendar,
		ledger.Asset{Code: "points", Title: "Points"},
		task.Config{Code: "signin", Title: "Sign in", Period: rule.Daily},
		task.Config{Code: "order", Title: "Order", Period: rule.Unlimited, Attrs: rule.Schema{"total": rule.Decimal}},
		reward.Config{Code: "cashback", Title: "A point for each euro", Order: 1, Rule: rule.Count("order", 1),
			Amount: ledger.Whole("points", 0), AmountFrom: "floor(total)"},
		reward.Config{Code: "loyal", Title: "Three days in a row", Order: 2, Rule: rule.Streak("signin", 3),
			Amount: ledger.Whole("points", 10)},
		reward.Config{Code: "welcome", Title: "One of our first hundred customers", Order: 3, Rule: rule.Count("order", 1),
			Amount: ledger.Whole("points", 25), Limit: rule.Limit{Max: 1}, Budget: rule.Limit{Max: 100}},
		reward.Config{Code: "patron", Title: "An order of 500 or more", Order: 4, Rule: rule.Count("order", 1).Where("total >= 500"),
			Amount: ledger.Whole("points", 200), Review: true},
	}
}

// transact runs f in a transaction, with an engine whose writes are part of it. It runs f again where the database asks
// for that, so f must set all it answers anew. Nothing f was told holds before transact has returned nil; so
// nothing is counted, logged or kept until then.
func (s *shop) transact(ctx context.Context, f func(tx *sql.Tx, eng *engine.Engine) error) error {
	var committed func(context.Context)
	err := s.books.Do(ctx, func(tx *sql.Tx) error {
		var bound store.Store
		bound, committed = s.watch.watchBound(s.books.In(tx))
		return f(tx, s.eng.With(bound))
	})
	if err == nil {
		committed(ctx)
	}
	return err
}

// signIn records that a customer was here today. Twice on a day is once.
func (s *shop) signIn(ctx context.Context, id string) (engine.Outcome, error) {
	if _, err := findCustomer(ctx, s.db, id); err != nil {
		return engine.Outcome{}, err
	}
	zone, err := time.LoadLocation(calendar.Zone)
	if err != nil {
		return engine.Outcome{}, err
	}
	return s.eng.Record(ctx, task.Event{ID: "signin-" + s.now().In(zone).Format(time.DateOnly), User: id, Task: "signin"})
}

// A page is what a customer sees.
type page struct {
	Customer customer     `json:"customer"`
	Orders   []order      `json:"orders"`
	Board    engine.Board `json:"board"`
}

func (s *shop) page(ctx context.Context, id string) (p page, err error) {
	if p.Customer, err = findCustomer(ctx, s.db, id); err != nil {
		return page{}, err
	}
	if p.Orders, err = ordersOf(ctx, s.db, id); err != nil {
		return page{}, err
	}
	p.Board, err = s.eng.Board(ctx, id)
	return p, err
}

// waiting lists the rewards that wait for an operator's review, newest first, at most 100 of them.
func (s *shop) waiting(ctx context.Context) ([]reward.Record, error) {
	list := []reward.Record{}
	for r, err := range s.eng.Rewards(ctx, reward.Query{Status: []reward.Status{reward.Pending}, Limit: 100}) {
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}
