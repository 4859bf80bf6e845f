// Embed is a small shop with Guerdon inside, as somebody's backend would have it: see README.md beside this file.
//
//	go run ./examples/embed                                                   # shop.sqlite in the working directory
//	go run ./examples/embed -dsn postgres://postgres@127.0.0.1:5432/test
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // days are those of a place, on a machine without a zone database too

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/guerdon-go/guerdon/examples/database"
	"github.com/guerdon-go/guerdon/store/sqlstore"
)

func main() {
	dsn := flag.String("dsn", "shop.sqlite", "the `database`: postgres://user:password@host:5432/name, or the path of a SQLite file")
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	telemetry := flag.Bool("telemetry", false, "print traces and metrics")
	flag.Parse()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, log, *dsn, *addr, *telemetry); err != nil {
		log.Error("the shop is closed", slog.Any("error", err))
		os.Exit(1)
	}
}

// serve opens the shop until the context ends.
func serve(ctx context.Context, log *slog.Logger, dsn, addr string, telemetry bool) (err error) {
	db, err := open(dsn)
	if err != nil {
		return err
	}
	defer db.Close() // all that was answered is committed
	opt := options{Logger: log}
	if telemetry {
		stop, err := observe(&opt)
		if err != nil {
			return err
		}
		defer stop()
	}
	s, err := newShop(ctx, db.DB, db.Dialect, opt)
	if err != nil {
		return err
	}
	door, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(door) }()
	log.Info("the shop is open", slog.String("address", "http://"+door.Addr().String()))
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(last)
}

// open opens a pool of connections to a database that the statements in tables.go are written for.
func open(dsn string) (*database.Database, error) {
	db, err := database.Open(dsn)
	if err != nil {
		return nil, fmt.Errorf("-dsn: %w", err)
	}
	if db.Dialect == sqlstore.MySQL {
		_ = db.Close()
		return nil, errors.New("-dsn: must be PostgreSQL or a SQLite file: the shop's own tables are written for these")
	}
	return db, nil
}

// observe prints traces and metrics. A program that serves people sends them to a collector instead: other exporters, and the
// rest as it is.
func observe(opt *options) (stop func(), err error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(os.Stderr))
	if err != nil {
		return nil, err
	}
	figures, err := stdoutmetric.New(stdoutmetric.WithWriter(os.Stderr))
	if err != nil {
		return nil, err
	}
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(figures)))
	opt.Traces, opt.Metrics = traces, metrics
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(traces.Shutdown(ctx), metrics.Shutdown(ctx)); err != nil {
			opt.Logger.Warn("telemetry", slog.Any("error", err))
		}
	}, nil
}
