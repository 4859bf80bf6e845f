// Package engine is what an application calls.
package engine
