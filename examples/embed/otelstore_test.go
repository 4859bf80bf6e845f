package main

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/memory"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
	"github.com/guerdon-go/guerdon/task"
)

// A wrapper changes nothing of what a store is.
func TestWatch_keepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return newTelemetry(t).watched(memory.New()) })
}

func TestWatch_hidesNoAbility(t *testing.T) {
	inner := memory.New()
	if found, ok := store.As[*memory.Store](newTelemetry(t).watched(inner)); !ok || found != inner {
		t.Error("the store behind is not found")
	}
}

func TestWatch_makesASpanOfEachCall(t *testing.T) {
	tel := newTelemetry(t)
	st := tel.watched(memory.New())
	ctx, parent := tel.traces.Tracer("test").Start(t.Context(), "request")
	eng, err := engine.New(st, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eng.PutMissing(ctx, engine.By{}, task.Config{Code: "order"}); err != nil {
		t.Fatal(err)
	}
	tel.spans.Reset()
	if _, err := eng.Record(ctx, task.Event{ID: "1", User: "mei", Task: "order"}); err != nil {
		t.Fatal(err)
	}
	parent.End()
	var last tracetest.SpanStub
	names := map[string]int{}
	for _, span := range tel.spans.GetSpans() {
		names[span.Name]++
		if span.Name == "guerdon commit" {
			last = span
		}
	}
	if names["guerdon load"] == 0 || names["guerdon commit"] != 1 {
		t.Errorf("spans: %v", names)
	}
	if last.Parent.SpanID() != parent.SpanContext().SpanID() {
		t.Error("the span does not belong to the request")
	}
	for _, want := range []attribute.KeyValue{
		attribute.Int("guerdon.units", 1), attribute.Int64("guerdon.moved", 0), attribute.Int64("guerdon.exhausted", 0), attribute.Bool("guerdon.bound", false),
	} {
		if !slices.Contains(last.Attributes, want) {
			t.Errorf("%v is not among %v", want, last.Attributes)
		}
	}
}

func TestWatch_countsWhatCommitsCameTo(t *testing.T) {
	tel := newTelemetry(t)
	st := tel.watched(memory.New())
	unit := func(user, id string, version int64, take ...store.Take) store.Unit {
		cause := &store.CauseRow{User: user, Type: store.CauseRequest, ID: id,
			Move: &store.Move{Op: "review", Record: reward.ID{User: user, Reward: "r", N: 1}}}
		return store.Unit{User: user, Version: version, Insert: []store.Row{cause}, Take: take}
	}
	for _, units := range [][]store.Unit{
		{unit("a", "1", 0), unit("b", "1", 0)},
		{unit("a", "2", 0)}, // it has moved
		{unit("b", "2", 1, store.Take{Counter: "stock", N: 2, Max: 1})},
	} {
		if _, err := st.Commit(t.Context(), units...); err != nil {
			t.Fatal(err)
		}
	}
	tel.counted(t, map[string]int64{"guerdon.store.units": 4, "guerdon.store.moved": 1, "guerdon.store.exhausted": 1})
}

func TestWatch_marksWhatFailed(t *testing.T) {
	tel := newTelemetry(t)
	broken := storetest.Faulty(memory.New())
	st := tel.watched(broken)
	broken.Fail(storetest.OpLoad, 1, errors.New("no disk"))
	broken.Lose(storetest.OpCommit, 1)
	if _, err := st.Load(t.Context(), store.Request{}); err == nil {
		t.Error("loaded")
	}
	if _, err := st.Commit(t.Context()); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("committed: %v", err)
	}
	for i, want := range []string{"error", "unknown"} {
		span := tel.spans.GetSpans()[i]
		if span.Status.Code != codes.Error || span.Status.Description != want || len(span.Events) != 1 {
			t.Errorf("%s has %+v, want %s", span.Name, span.Status, want)
		}
	}
	tel.counted(t, map[string]int64{"guerdon.store.units": 0})
}

// What a transaction does is counted once it is committed, and once for all its tries.
func TestWatchBound_countsAfterTheCommit(t *testing.T) {
	tel := newTelemetry(t)
	f := setup(t, servers.SQLite, options{Traces: tel.traces, Metrics: tel.metrics})
	before := tel.read(t)["guerdon.store.units"]
	record := func(eng *engine.Engine, id string) error {
		_, err := eng.Record(f.Context(), task.Event{ID: id, User: "mei", Task: "signin"})
		return err
	}
	stop := errors.New("stop")
	if err := f.transact(f.Context(), func(_ *sql.Tx, eng *engine.Engine) error {
		return errors.Join(record(eng, "1"), stop)
	}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	tel.counted(t, map[string]int64{"guerdon.store.units": before, "guerdon.store.retries": 0})

	tries := 0
	if err := f.transact(f.Context(), func(_ *sql.Tx, eng *engine.Engine) error {
		if err := record(eng, "1"); err != nil {
			return err
		}
		tel.counted(t, map[string]int64{"guerdon.store.units": before})
		if tries++; tries < 3 {
			return &sqlstore.RerunError{Err: stop}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	tel.counted(t, map[string]int64{"guerdon.store.units": before + 1, "guerdon.store.retries": 2})
	bound := 0
	for _, span := range tel.spans.GetSpans() {
		if span.Name == "guerdon commit" && slices.Contains(span.Attributes, attribute.Bool("guerdon.bound", true)) {
			bound++
		}
	}
	if bound != 4 { // the one that was rolled back, and three tries
		t.Errorf("%d spans of commits in transactions, want 4", bound)
	}
}

// A telemetry keeps what is traced and counted in memory.
type telemetry struct {
	t       *testing.T
	spans   *tracetest.InMemoryExporter
	traces  *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	metrics *sdkmetric.MeterProvider
}

func newTelemetry(t *testing.T) *telemetry {
	t.Helper()
	tel := &telemetry{t: t, spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	tel.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(tel.spans))
	tel.metrics = sdkmetric.NewMeterProvider(sdkmetric.WithReader(tel.reader))
	t.Cleanup(func() {
		if err := errors.Join(tel.traces.Shutdown(context.Background()), tel.metrics.Shutdown(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return tel
}

// watched wraps a store.
func (tel *telemetry) watched(st store.Store) store.Store {
	tel.t.Helper()
	w, err := newWatcher(tel.traces, tel.metrics)
	if err != nil {
		tel.t.Fatal(err)
	}
	s, err := w.watch(st)
	if err != nil {
		tel.t.Fatal(err)
	}
	return s
}

// read gives the counters, and of each histogram how often it was recorded.
func (tel *telemetry) read(t *testing.T) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := tel.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	sums := map[string]int64{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					sums[m.Name] += p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					sums[m.Name] += int64(p.Count)
				}
			}
		}
	}
	return sums
}

// counted compares counters, and wants a duration for each span.
func (tel *telemetry) counted(t *testing.T, want map[string]int64) {
	t.Helper()
	have := tel.read(t)
	for name, n := range want {
		if have[name] != n {
			t.Errorf("%s is %d, want %d", name, have[name], n)
		}
	}
	var spans int64
	for _, span := range tel.spans.GetSpans() {
		if strings.HasPrefix(span.Name, "guerdon ") {
			spans++
		}
	}
	if have["guerdon.store.duration"] != spans {
		t.Errorf("%d durations of %d spans", have["guerdon.store.duration"], spans)
	}
}
