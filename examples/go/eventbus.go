// What a Go service needs to take part in the event bus on Redis Streams.
//
// The channel is the stream of that name, an event is the JSON in the field body of an entry. An event is settled after
// its work: what the work publishes, the mark that it was done and the acknowledgement are one transaction of Redis.

package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// Deliveries before an event is put aside.
	maxAttempts = 5
	// How long a processed event is remembered.
	remember = 7 * 24 * time.Hour
)

// Event is the envelope. A field this service does not know stays in the original; an effect is a new event.
type Event struct {
	ID         string          `json:"event_id"`
	Type       string          `json:"event_type"`
	Version    string          `json:"event_version"`
	OccurredAt string          `json:"occurred_at"`
	Source     string          `json:"source"`
	Subject    string          `json:"subject,omitempty"`
	Payload    json.RawMessage `json:"payload"`
	Metadata   Metadata        `json:"metadata"`
}

type Metadata struct {
	CorrelationID string `json:"correlation_id"`
	CausationID   string `json:"causation_id,omitempty"`
	Hops          int    `json:"hops"`
	Timestamp     string `json:"timestamp"`
}

// CausedBy makes an event that follows from another: same correlation, one hop more, and an id that repeated work repeats.
func CausedBy(cause Event, eventType string, payload any, source string) (Event, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return Event{}, err
	}
	identity := sha256.Sum256([]byte(strings.Join([]string{cause.Source, cause.ID, source, eventType}, "\n")))
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	return Event{
		ID:         fmt.Sprintf("evt_%x", identity[:16]),
		Type:       eventType,
		Version:    "1.0",
		OccurredAt: now,
		Source:     source,
		Subject:    cause.Subject,
		Payload:    body,
		Metadata: Metadata{
			CorrelationID: cause.Metadata.CorrelationID,
			CausationID:   cause.ID,
			Hops:          cause.Metadata.Hops + 1,
			Timestamp:     now,
		},
	}, nil
}

// Consumer calls Work for each event of its type. Work returns the events that follow, or an error.
type Consumer struct {
	Redis   *redis.Client
	Channel string
	Group   string
	// Name of this process in the group.
	Name string
	Type string
	// An event that was taken and not settled for this long goes to whoever reads next. Work must be shorter.
	Lease time.Duration
	Work  func(Event) ([]Event, error)
}

// Run works until the context ends. The event in hand is finished first.
func (c *Consumer) Run(ctx context.Context) error {
	err := c.Redis.XGroupCreateMkStream(ctx, c.Channel, c.Group, "$").Err()
	if err != nil && !strings.Contains(err.Error(), "BUSYGROUP") {
		return err
	}
	log.Printf("%s listens to %s", c.Group, c.Type)
	for ctx.Err() == nil {
		entries, err := c.take(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		for _, entry := range entries {
			if err := c.process(entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// take gives what failed before or was taken by a process that died, else the next entry.
func (c *Consumer) take(ctx context.Context) ([]redis.XMessage, error) {
	left, _, err := c.Redis.XAutoClaim(ctx, &redis.XAutoClaimArgs{
		Stream: c.Channel, Group: c.Group, Consumer: c.Name, MinIdle: c.Lease, Start: "0", Count: 1,
	}).Result()
	if err != nil || len(left) > 0 {
		return left, err
	}
	found, err := c.Redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Streams: []string{c.Channel, ">"}, Group: c.Group, Consumer: c.Name, Count: 1, Block: time.Second,
	}).Result()
	if errors.Is(err, redis.Nil) || len(found) == 0 {
		return nil, ignoreNil(err)
	}
	return found[0].Messages, err
}

func (c *Consumer) process(entry redis.XMessage) error {
	// Not the context of Run: what was begun is finished.
	ctx := context.Background()
	event, err := c.event(entry)
	if err != nil {
		return c.failed(ctx, entry, err)
	}
	if event.Type != c.Type {
		return c.Redis.XAck(ctx, c.Channel, c.Group, entry.ID).Err()
	}
	// The braces keep the key beside the stream when Redis is a cluster.
	done := fmt.Sprintf("service:{%s}:%s:%s:%s", c.Channel, c.Group, event.Source, event.ID)
	isDone, err := c.Redis.Exists(ctx, done).Result()
	if err != nil {
		return err
	}
	var effects []Event
	if isDone == 0 {
		if effects, err = c.Work(event); err != nil {
			return c.failed(ctx, entry, err)
		}
	}
	_, err = c.Redis.TxPipelined(ctx, func(settle redis.Pipeliner) error {
		for _, effect := range effects {
			body, err := json.Marshal(effect)
			if err != nil {
				return err
			}
			settle.XAdd(ctx, &redis.XAddArgs{Stream: c.Channel, Values: []any{"body", string(body)}})
		}
		settle.Set(ctx, done, entry.ID, remember)
		settle.XAck(ctx, c.Channel, c.Group, entry.ID)
		return nil
	})
	if err == nil {
		log.Printf("%s has processed %s %s", c.Group, event.Type, event.ID)
	}
	return err
}

// event reads an entry. Events of services that give only a type and a payload are completed.
func (c *Consumer) event(entry redis.XMessage) (Event, error) {
	var event Event
	body, _ := entry.Values["body"].(string)
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return event, err
	}
	if event.ID == "" {
		event.ID = c.Channel + "/" + entry.ID
	}
	if event.Source == "" {
		event.Source = "unknown/" + c.Channel
	}
	if event.Metadata.CorrelationID == "" {
		event.Metadata.CorrelationID = "corr_" + event.ID
	}
	return event, nil
}

// failed leaves the event to be tried again when the lease is over; after the last attempt it is put aside for a person.
func (c *Consumer) failed(ctx context.Context, entry redis.XMessage, cause error) error {
	log.Printf("%s failed at %s: %v", c.Group, entry.ID, cause)
	pending, err := c.Redis.XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: c.Channel, Group: c.Group, Start: entry.ID, End: entry.ID, Count: 1,
	}).Result()
	if err != nil || len(pending) == 0 || pending[0].RetryCount < maxAttempts {
		return err
	}
	_, err = c.Redis.TxPipelined(ctx, func(settle redis.Pipeliner) error {
		aside := fmt.Sprintf("service:{%s}:%s:dead", c.Channel, c.Group)
		settle.XAdd(ctx, &redis.XAddArgs{Stream: aside, Values: []any{"body", entry.Values["body"], "error", cause.Error()}})
		settle.XAck(ctx, c.Channel, c.Group, entry.ID)
		return nil
	})
	return err
}

func ignoreNil(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}
