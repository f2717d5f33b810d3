// Package tokenkeeper has one process fetch an access token, and all processes use it.
package tokenkeeper

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/fresh"
)

// A Source is an OAuth server that gives tokens for client credentials.
type Source struct {
	Client  *http.Client
	URL     string // of the token endpoint
	ID      string
	Secret  string
	Earlier time.Duration // a token is not used that long before its expiry: how long a request may take
}

// Fetch fetches a token; it is a [fresh.Refresh]. The life counts from before the request.
func (s Source) Fetch(ctx context.Context, _ election.Term) (string, time.Time, error) {
	asked := time.Now()
	form := url.Values{"grant_type": {"client_credentials"}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(form))
	if err != nil {
		return "", time.Time{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(s.ID), url.QueryEscape(s.Secret))
	resp, err := s.Client.Do(req)
	if err != nil {
		return "", time.Time{}, err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
		Life  int64  `json:"expires_in"` // seconds
	}
	if resp.StatusCode != http.StatusOK {
		return "", time.Time{}, fmt.Errorf("the token endpoint answers %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer); err != nil {
		return "", time.Time{}, fmt.Errorf("the token endpoint answers no JSON: %w", err)
	}
	return answer.Token, asked.Add(time.Duration(answer.Life)*time.Second - s.Earlier), nil
}

// Transport sends the token with each request.
type Transport struct {
	Token *fresh.Value[string]
	Base  http.RoundTripper
}

// RoundTrip waits for a token only if there is none, until the request's context ends.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := t.Token.Get(req.Context())
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token)
	return t.Base.RoundTrip(req)
}
