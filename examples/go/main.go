// Looks whether everything is in stock: hears quote.priced, says quote.checked.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

const source = "stock.go"

var stock = map[string]int{"PROD-001": 10, "PROD-002": 500}

type item struct {
	SKU      string  `json:"sku"`
	Quantity int     `json:"quantity"`
	Price    float64 `json:"price"`
}

func check(event Event) ([]Event, error) {
	var quote struct {
		Items []item `json:"items"`
	}
	if err := json.Unmarshal(event.Payload, &quote); err != nil {
		return nil, err
	}
	soldOut := []string{}
	for _, wanted := range quote.Items {
		if stock[wanted.SKU] < wanted.Quantity {
			soldOut = append(soldOut, wanted.SKU)
		}
	}
	// What this service does not know of goes on as it came.
	payload := map[string]any{}
	if err := json.Unmarshal(event.Payload, &payload); err != nil {
		return nil, err
	}
	payload["sold_out"] = soldOut
	checked, err := CausedBy(event, "quote.checked", payload, source)
	return []Event{checked}, err
}

func main() {
	options, err := redis.ParseURL(setting("EVENT_BUS_URL", "redis://localhost:6379"))
	if err != nil {
		log.Fatal(err)
	}
	lease, err := strconv.Atoi(setting("LEASE_MS", "30000"))
	if err != nil {
		log.Fatal(err)
	}
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	consumer := Consumer{
		Redis: redis.NewClient(options), Channel: "events", Group: "stock", Name: name, Type: "quote.priced",
		Lease: time.Duration(lease) * time.Millisecond, Work: check,
	}
	if err := consumer.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
