package main

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// What the store does for a request is below the request's span, and that is below the caller's. What is done at the start is
// one trace as well.
func TestTraced_aRequestIsOneTrace(t *testing.T) {
	tel := newTelemetry(t)
	f := setup(t, servers.SQLite, options{Traces: tel.traces, Metrics: tel.metrics})
	var begun []trace.TraceID
	for _, span := range tel.spans.GetSpans() {
		if strings.HasPrefix(span.Name, "guerdon ") {
			begun = append(begun, span.SpanContext.TraceID())
		}
	}
	if len(slices.Compact(begun)) != 1 {
		t.Errorf("traces of the start: %v", begun)
	}

	tel.spans.Reset()
	r := httptest.NewRequestWithContext(t.Context(), "PUT", "/customers/mei/orders/1", strings.NewReader(`{"product": "tea", "quantity": 1}`))
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.handler().ServeHTTP(httptest.NewRecorder(), r)
	spans := tel.spans.GetSpans()
	request := spans[len(spans)-1] // the last to end
	for _, span := range spans {
		if span.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is of another trace", span.Name)
		}
		if want := request.SpanContext.SpanID(); span.Name != request.Name && span.Parent.SpanID() != want {
			t.Errorf("%s is not below the request", span.Name)
		}
	}
	if len(spans) < 3 || request.Name != "PUT /customers/{id}/orders/{order}" || request.SpanKind != trace.SpanKindServer ||
		request.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("%d spans, the last is %s below %s", len(spans), request.Name, request.Parent.SpanID())
	}
	for _, want := range []attribute.KeyValue{
		attribute.String("http.request.method", "PUT"), attribute.String("http.route", "/customers/{id}/orders/{order}"),
		attribute.Int("http.response.status_code", 200),
	} {
		if !slices.Contains(request.Attributes, want) {
			t.Errorf("%v is not among %v", want, request.Attributes)
		}
	}
}

func TestTraced_marksWhatFailed(t *testing.T) {
	tel := newTelemetry(t)
	f := setup(t, servers.SQLite, options{Traces: tel.traces, Metrics: tel.metrics})
	last := func() tracetest.SpanStub {
		spans := tel.spans.GetSpans()
		return spans[len(spans)-1]
	}
	f.send(404, "GET", "/customers/nobody", "", nil)
	if span := last(); span.Status.Code != codes.Unset || !slices.Contains(span.Attributes, attribute.Int("http.response.status_code", 404)) {
		t.Errorf("%+v", span)
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	f.send(503, "GET", "/customers/mei", "", nil)
	if span := last(); span.Status.Code != codes.Error {
		t.Errorf("%+v", span)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/nowhere", nil)
	f.handler().ServeHTTP(httptest.NewRecorder(), r)
	if span := last(); span.Name != "request" || !slices.Contains(span.Attributes, attribute.Int("http.response.status_code", 404)) {
		t.Errorf("%+v", span)
	}
}
