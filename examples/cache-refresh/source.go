package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A source is what is slow, and the reason for the cache.
type source struct {
	url     string // empty: an endpoint in this process
	standIn func() (string, error)
}

func newSource() *source { return &source{standIn: sync.OnceValues(startSlowEndpoint)} }

// set reads the flag.
func (s *source) set(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("give an address such as http://localhost:8080/rates")
	}
	s.url = text
	return nil
}

// maxBody is how much of an answer is taken.
const maxBody = 1 << 20

// fetch asks the source.
func (s *source) fetch(ctx context.Context) ([]byte, error) {
	address := s.url
	if address == "" {
		var err error
		if address, err = s.standIn(); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err) // shows the address, without its password
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: the source answers %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("fetch: %w", err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("fetch: the source answers with more than %d bytes", maxBody)
	}
	return body, nil
}

// startSlowEndpoint starts a source in this process, which lives as long as that
// does.
func startSlowEndpoint() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("start the slow endpoint: %w", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(answerSlowly), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(l) }() // ends with the process
	return "http://" + l.Addr().String() + "/", nil
}

func answerSlowly(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case now := <-time.After(300 * time.Millisecond):
		fmt.Fprintf(w, "{\"rate\": 1.08, \"at\": %q}\n", now.Format(time.RFC3339Nano))
	}
}
