package main

import (
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// This file stands alone as well. Package otelhttp of OpenTelemetry's contributions does more of it.

// traced makes a span of each request, below the caller's span if the headers name one. Spans that are made with the request's
// context, as the store's are, are below it.
func traced(tracer trace.Tracer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		r = r.WithContext(ctx)
		seen := &seenWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if method, route, found := strings.Cut(r.Pattern, " "); found { // the mux has noted it, and there are few of them
			span.SetName(r.Pattern)
			span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route))
		}
		span.SetAttributes(attribute.Int("http.response.status_code", seen.status))
		if seen.status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, http.StatusText(seen.status))
		}
	})
}

// A seenWriter remembers the status.
type seenWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status and writes it.
func (w *seenWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap leads a [http.ResponseController] to the writer behind.
func (w *seenWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
