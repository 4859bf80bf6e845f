package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

func machine() string { return fmt.Sprintf("%d cores, %s", runtime.NumCPU(), runtime.Version()) }

// measuring is what is measured, and how long.
type measuring struct {
	server servers.Server
	span   time.Duration
	rounds int
	users  int
	only   string
}

// A contender does some events and tells how many; it is called by a number of clients at once, each with its number and with
// the number of calls it made before.
type contender struct {
	name string
	do   func(ctx context.Context, client int, n int64) (events int, err error)
	// target is the ratio to the baseline that is wanted, 0 for none.
	target float64
}

// A line is one measurement: what is measured, with how many clients, and the contenders, of which the first is the baseline.
type line struct {
	name       string
	clients    int
	contenders []contender
}

// run measures a line and prints it.
func (m *measuring) run(ctx context.Context, l line) error {
	if m.only != "" && !strings.Contains(l.name+" "+strconv.Itoa(l.clients), m.only) {
		return nil
	}
	rates, own := make([][]float64, len(l.contenders)), make([][]float64, len(l.contenders))
	ratios := make([][]float64, len(l.contenders))
	for range m.rounds {
		for i, c := range l.contenders {
			rate, cpu, err := m.round(ctx, l.clients, c)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", l.name, c.name, err)
			}
			rates[i], own[i] = append(rates[i], rate), append(own[i], cpu)
			ratios[i] = append(ratios[i], rate/rates[0][len(rates[0])-1])
		}
	}
	for i, c := range l.contenders {
		ratio, target := "", ""
		if i > 0 {
			ratio = fmt.Sprintf("%.2f", median(ratios[i]))
		}
		if c.target > 0 {
			target = fmt.Sprint(c.target)
			if median(ratios[i]) < c.target {
				target += ", missed"
			}
		}
		fmt.Printf("| %s | %d | %s | %.0f | %s | %s | %.0f |\n", l.name, l.clients, c.name, median(rates[i]), ratio, target, median(own[i]))
	}
	return nil
}

// round lets a contender work for a while and gives its events a second, and how many microseconds of the processor each took in
// this process: of SQLite that is all of them, of a server those that it does not see.
func (m *measuring) round(ctx context.Context, clients int, c contender) (rate, cpu float64, err error) {
	var events atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, clients)
	begin, before := time.Now(), processor()
	end := begin.Add(m.span)
	for i := range clients {
		wg.Go(func() {
			for n := int64(0); time.Now().Before(end); n++ {
				done, err := c.do(ctx, i, n)
				if err != nil {
					errs[i] = err
					return
				}
				events.Add(int64(done))
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, 0, err
		}
	}
	n := float64(events.Load())
	return n / time.Since(begin).Seconds(), float64((processor() - before).Microseconds()) / max(1, n), nil
}

func median(list []float64) float64 {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
