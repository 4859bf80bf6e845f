package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore"
)

// This file stands alone: copy it, and change the package and the name of the scope.

// scope names what makes the spans and the metrics.
const scope = "github.com/guerdon-go/guerdon/examples/embed"

// A watcher traces and counts what stores do. Each call is a span and a measure of guerdon.store.duration; units that were
// committed, those that had moved, and those whose budget was used up are counted.
type watcher struct {
	tracer   trace.Tracer
	meter    metric.Meter
	duration metric.Float64Histogram
	// units were handed to Commit and answered; moved and exhausted are those among them that were refused.
	units, moved, exhausted metric.Int64Counter
}

// newWatcher makes the instruments. The providers are the application's, such as otel.GetTracerProvider().
func newWatcher(traces trace.TracerProvider, metrics metric.MeterProvider) (*watcher, error) {
	w := &watcher{tracer: traces.Tracer(scope), meter: metrics.Meter(scope)}
	var faults [4]error
	w.duration, faults[0] = w.meter.Float64Histogram("guerdon.store.duration", metric.WithUnit("s"),
		metric.WithDescription("how long a call of the store took"))
	counter := func(name, description string, fault *error) metric.Int64Counter {
		c, err := w.meter.Int64Counter(name, metric.WithUnit("{unit}"), metric.WithDescription(description))
		*fault = err
		return c
	}
	w.units = counter("guerdon.store.units", "units that a commit answered", &faults[1])
	w.moved = counter("guerdon.store.moved", "units refused because their user had moved on", &faults[2])
	w.exhausted = counter("guerdon.store.exhausted", "units refused because a counter could not give what they take", &faults[3])
	return w, errors.Join(faults[:]...)
}

// watch wraps a store. A [sqlstore.Store] behind it is asked for its retries whenever metrics are read, so wrap it once.
func (w *watcher) watch(st store.Store) (store.Store, error) {
	if s, ok := store.As[interface{ Stats() sqlstore.Stats }](st); ok {
		_, err := w.meter.Int64ObservableCounter("guerdon.store.retries",
			metric.WithDescription("calls and transactions that were run again because others were in the way"),
			metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
				o.Observe(s.Stats().Retries)
				return nil
			}))
		if err != nil {
			return nil, err
		}
	}
	return &watchedStore{Store: st, w: w, count: w.add}, nil
}

// watchBound wraps a store that lives in a transaction. What it commits holds only if the transaction does, so it is not
// counted until committed is called; if the transaction is rolled back, let both be forgotten. Spans and durations are of
// what was tried, and are recorded in any case.
func (w *watcher) watchBound(st store.Store) (bound store.Store, committed func(context.Context)) {
	var sum tally
	return &watchedStore{Store: st, w: w, count: func(_ context.Context, t tally) { sum.add(t) }},
		func(ctx context.Context) { w.add(ctx, sum) }
}

// A tally is what commits came to.
type tally struct{ units, moved, exhausted int64 }

func (t *tally) add(o tally) {
	t.units, t.moved, t.exhausted = t.units+o.units, t.moved+o.moved, t.exhausted+o.exhausted
}

func tallyOf(results []store.Result) tally {
	t := tally{units: int64(len(results))}
	for _, r := range results {
		if r.Moved {
			t.moved++
		} else if len(r.Exhausted) > 0 {
			t.exhausted++
		}
	}
	return t
}

func (w *watcher) add(ctx context.Context, t tally) {
	w.units.Add(ctx, t.units)
	w.moved.Add(ctx, t.moved)
	w.exhausted.Add(ctx, t.exhausted)
}

// A watchedStore is a store whose calls are seen. List and DocAt are passed on as they are: a list is open for as long as
// its reader likes, which says nothing about the store.
type watchedStore struct {
	store.Store
	w     *watcher
	count func(context.Context, tally)
}

// Unwrap lets abilities of the store behind be found; see [store.As].
func (s *watchedStore) Unwrap() store.Store { return s.Store }

// Load reads, as a span with how many users were read.
func (s *watchedStore) Load(ctx context.Context, r store.Request) (store.Snapshot, error) {
	ctx, c := s.begin(ctx, "load", attribute.Int("guerdon.users", len(r.Keys)), attribute.Bool("guerdon.for_update", r.ForUpdate))
	snap, err := s.Store.Load(ctx, r)
	c.end(ctx, err)
	return snap, err
}

// Commit writes, as a span with how many units there were and what became of them.
func (s *watchedStore) Commit(ctx context.Context, units ...store.Unit) ([]store.Result, error) {
	ctx, c := s.begin(ctx, "commit", attribute.Int("guerdon.units", len(units)))
	results, err := s.Store.Commit(ctx, units...)
	if err == nil {
		t := tallyOf(results)
		s.count(ctx, t)
		c.span.SetAttributes(attribute.Int64("guerdon.moved", t.moved), attribute.Int64("guerdon.exhausted", t.exhausted))
	}
	c.end(ctx, err)
	return results, err
}

// Docs reads the catalog's changes, which happens when it moved.
func (s *watchedStore) Docs(ctx context.Context, after int64) ([]store.Doc, store.Stamp, error) {
	ctx, c := s.begin(ctx, "docs", attribute.Int64("guerdon.after", after))
	docs, stamp, err := s.Store.Docs(ctx, after)
	c.span.SetAttributes(attribute.Int("guerdon.documents", len(docs)), attribute.Int64("guerdon.revision", stamp.Revision))
	c.end(ctx, err)
	return docs, stamp, err
}

// PutDocs writes documents.
func (s *watchedStore) PutDocs(ctx context.Context, old store.Stamp, docs ...store.Doc) (store.Stamp, error) {
	ctx, c := s.begin(ctx, "put", attribute.Int("guerdon.documents", len(docs)))
	stamp, err := s.Store.PutDocs(ctx, old, docs...)
	c.end(ctx, err)
	return stamp, err
}

// A watchedCall is a call under way.
type watchedCall struct {
	s     *watchedStore
	span  trace.Span
	start time.Time
	what  attribute.KeyValue
}

func (s *watchedStore) begin(ctx context.Context, op string, of ...attribute.KeyValue) (context.Context, *watchedCall) {
	c := &watchedCall{s: s, start: time.Now(), what: attribute.String("guerdon.operation", op)}
	of = append(of, attribute.Bool("guerdon.bound", s.Limits().Bound))
	ctx, c.span = s.w.tracer.Start(ctx, "guerdon "+op, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(of...))
	return ctx, c
}

func (c *watchedCall) end(ctx context.Context, err error) {
	result := "ok"
	switch {
	case errors.Is(err, store.ErrUnknown):
		result = "unknown"
	case err != nil:
		result = "error"
	}
	if err != nil {
		c.span.RecordError(err)
		c.span.SetStatus(codes.Error, result)
	}
	c.s.w.duration.Record(ctx, time.Since(c.start).Seconds(), metric.WithAttributes(
		c.what, attribute.String("guerdon.result", result), attribute.Bool("guerdon.bound", c.s.Limits().Bound)))
	c.span.End()
}
