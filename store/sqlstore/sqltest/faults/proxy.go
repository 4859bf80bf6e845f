package faults

import (
	"bytes"
	"net"
	"sync"
	"testing"
)

// A Cut is how a connection ends.
type Cut string

// The cuts of a [Proxy].
const (
	// CutBefore: what the client says is not passed on.
	CutBefore Cut = "before"
	// CutDuring: half of what the client says is passed on.
	CutDuring Cut = "during"
	// CutAtOnce: all of what the client says is passed on, and the connection ends while the server is at work.
	CutAtOnce Cut = "at once"
	// CutAfter: the server has answered, and its answer is not passed on.
	CutAfter Cut = "after"
	// Hold: the server has answered, and its answer is kept back until the client gives up.
	Hold Cut = "hold"
	// HoldBefore: what the client says is kept back until it gives up.
	HoldBefore Cut = "hold before"
)

// Cuts lists those that a caller with enough time never hears of.
func Cuts() []Cut { return []Cut{CutBefore, CutDuring, CutAtOnce, CutAfter} }

// A Proxy passes bytes between clients and a server, and cuts a connection at the n-th thing clients say. A client says one
// thing and waits for the answer, so what is read at once is one.
type Proxy struct {
	// Addr is where clients connect to.
	Addr   string
	server string
	mu     sync.Mutex
	left   int
	cut    Cut
	hit    bool
	said   []byte // what was cut
	wg     sync.WaitGroup
	open   map[net.Conn]struct{}
	closed bool
	stop   func()
}

// Stop ends all connections and takes none any more.
func (p *Proxy) Stop() { p.stop() }

// NewProxy listens on a port of its own until the test ends.
func NewProxy(t testing.TB, server string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), server: server, open: map[net.Conn]struct{}{}}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(c) })
		}
	})
	p.stop = sync.OnceFunc(func() {
		_ = l.Close()
		p.mu.Lock()
		p.closed = true
		for c := range p.open {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	t.Cleanup(p.stop)
	return p
}

// Arm cuts at the n-th thing a client says from now on.
func (p *Proxy) Arm(cut Cut, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.left, p.hit, p.said = cut, n, false, nil
}

// Disarm ends it, and answers whether there was a cut.
func (p *Proxy) Disarm() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = 0
	return p.hit
}

// Idle reports whether what was cut was nothing of a call: that a connection which was not used for a while is still there, as pgx
// asks, or that it is not needed any more. Then database/sql takes another one, and nobody else hears of it.
func (p *Proxy) Idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ping, postgresqlQuits, mysqlQuits := []byte("-- ping"), []byte{'X', 0, 0, 0, 4}, []byte{1, 0, 0, 0, 1}
	return bytes.Contains(p.said, ping) || bytes.Equal(p.said, postgresqlQuits) || bytes.Equal(p.said, mysqlQuits)
}

func (p *Proxy) strikes(said []byte) (Cut, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return "", false
	}
	if p.left--; p.left > 0 {
		return "", false
	}
	p.hit, p.said = true, bytes.Clone(said)
	return p.cut, true
}

// track remembers a connection, to be closed with the proxy.
func (p *Proxy) track(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[c] = struct{}{}
	if p.closed {
		_ = c.Close()
	}
}

func (p *Proxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

// reset ends a connection so that the other side sees an error and no end.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// serve passes on what one client and the server say until either ends or a cut is due.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		reset(client)
		return
	}
	p.track(client)
	p.track(server)
	defer p.forget(client)
	defer p.forget(server)
	defer reset(client)
	defer reset(server)
	answers := &answers{to: client, ended: make(chan struct{})}
	p.wg.Go(func() { answers.pass(server) })
	b := make([]byte, 1<<20)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		cut, strikes := p.strikes(b[:n])
		switch {
		case !strikes:
			_, err = server.Write(b[:n])
		case cut == CutBefore:
			return
		case cut == CutDuring:
			_, _ = server.Write(b[:n/2])
			return
		case cut == CutAtOnce:
			_, _ = server.Write(b[:n])
			if t, ok := server.(*net.TCPConn); ok { // the server gets it all, and then an end
				_ = t.CloseWrite()
			}
			return
		case cut == HoldBefore:
			_, _ = client.Read(b)
			return
		default:
			held := answers.hold()
			_, _ = server.Write(b[:n])
			select {
			case <-held:
			case <-answers.ended:
			}
			if cut == Hold {
				_, _ = client.Read(b)
			}
			return
		}
		if err != nil {
			return
		}
	}
}

// answers passes on what a server says until it is held.
type answers struct {
	to   net.Conn
	mu   sync.Mutex
	held chan struct{} // closed when the server has said something that was kept back
	// ended is closed when the server says nothing any more.
	ended chan struct{}
}

// hold keeps back what the server says from now on.
func (a *answers) hold() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held = make(chan struct{})
	return a.held
}

func (a *answers) pass(server net.Conn) {
	defer close(a.ended)
	b := make([]byte, 64<<10)
	first := true
	for {
		n, err := server.Read(b)
		a.mu.Lock()
		held := a.held
		a.mu.Unlock()
		switch {
		case held != nil && first:
			close(held)
			first = false
		case held == nil && n > 0:
			_, _ = a.to.Write(b[:n])
		}
		if err != nil {
			if held == nil {
				reset(a.to)
			}
			return
		}
	}
}
