package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

const (
	triesMax       = 20
	requestTimeout = 60 * time.Second
	watchTimeout   = "3600"
	lineBytesMax   = 1 << 20
)

var errGone = errors.New("it is not there")

// server is the API server, spoken to over HTTP/1.1 connections that stay open.
type server struct {
	url      string
	writing  *http.Client
	watching *http.Client // without a time limit

	mutex      sync.Mutex
	requests   map[string]int64
	turnedAway int64
}

func connect(given plan) (*server, error) {
	authority, err := os.ReadFile(given.Authority)
	if err != nil {
		return nil, err
	}
	certificate, err := tls.LoadX509KeyPair(given.Certificate, given.Key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}},
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2
		MaxIdleConnsPerHost: 2*given.Writers + 1,
		DisableCompression:  true,
	}
	return &server{url: given.Server,
		writing:  &http.Client{Transport: transport, Timeout: requestTimeout},
		watching: &http.Client{Transport: transport},
		requests: map[string]int64{}}, nil
}

// write sends one request and tries again what the server turned away; errGone for 404.
func (s *server) write(verb, what, path, contentType string, body []byte) error {
	for try := 0; ; try++ {
		status, retryAfter, answer, err := s.once(verb, path, contentType, body)
		if err != nil {
			return err
		}
		s.count(verb+" "+what, status)
		switch {
		case status < 300, status == http.StatusConflict && verb == http.MethodPost && try > 0:
			return nil
		case status == http.StatusNotFound:
			return errGone
		case (status == http.StatusTooManyRequests || status >= 500) && try < triesMax:
			time.Sleep(retryAfter)
		default:
			return fmt.Errorf("%s %s: %d %s", verb, path, status, answer)
		}
	}
}

func (s *server) once(verb, path, contentType string, body []byte) (int, time.Duration, []byte, error) {
	request, err := http.NewRequest(verb, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, 0, nil, err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := s.writing.Do(request)
	if err != nil {
		return 0, 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return response.StatusCode, time.Duration(max(seconds, 1)) * time.Second, answer, err
}

func (s *server) count(what string, status int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests[what]++
	if status == http.StatusTooManyRequests {
		s.turnedAway++
	}
}

// event is what of a watch event is read.
type event struct {
	Type   string `json:"type"`
	Object pod    `json:"object"`
}

type pod struct {
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Annotations map[string]string `json:"annotations"`
		Version     string            `json:"resourceVersion"`
	} `json:"metadata"`
	Spec struct {
		Gates []struct{} `json:"schedulingGates"`
	} `json:"spec"`
}

// now is the resourceVersion of the list of pods.
func (s *server) now() (string, error) {
	response, err := s.writing.Get(s.url + "/api/v1/pods?limit=1")
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("list: %s", response.Status)
	}
	var list pod
	err = json.NewDecoder(response.Body).Decode(&list)
	return list.Metadata.Version, err
}

// watch hands on what happens to pods after a version, until the server ends it; gives the last
// version that was seen.
func (s *server) watch(version string, see func(event)) (string, error) {
	response, err := s.watching.Get(s.url + "/api/v1/pods?watch=true&timeoutSeconds=" + watchTimeout +
		"&resourceVersion=" + version)
	if err != nil {
		return version, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return version, fmt.Errorf("watch: %s", response.Status)
	}
	s.count("GET pods?watch", response.StatusCode)
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(make([]byte, 64<<10), lineBytesMax)
	for lines.Scan() {
		var seen event
		if err := json.Unmarshal(lines.Bytes(), &seen); err != nil {
			return version, err
		}
		if seen.Type == "ERROR" {
			return version, fmt.Errorf("watch: %s", lines.Bytes())
		}
		version = seen.Object.Metadata.Version
		see(seen)
	}
	return version, lines.Err()
}
