// Package rule says what must have happened: rule trees, conditions, calendars, windows and limits.
package rule
