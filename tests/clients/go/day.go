// A day's work through the clients that oapi-codegen makes of the four documents.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/oapi-codegen/runtime/types"

	"arrears/clients/dunning"
	"arrears/clients/ledger"
	"arrears/clients/legal"
	"arrears/clients/notifier"
)

const creditor = "go-ward"

var (
	ctx = context.Background()
	now = time.Now().UTC()
)

func address(service string) string {
	return "http://127.0.0.1:" + os.Getenv("ARREARS_"+service+"_PORT")
}

func token(_ context.Context, request *http.Request) error {
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	return nil
}

func made[T any](client T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return client
}

type answer interface{ StatusCode() int }

func must[T answer](got T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	if got.StatusCode() >= 300 {
		log.Fatalf("%T: %d", got, got.StatusCode())
	}
	return got
}

func until(isSo func() bool) {
	for range 300 {
		if isSo() {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	log.Fatal("it never came true")
}

func day(days int) types.Date { return types.Date{Time: now.AddDate(0, 0, days)} }

func ptr[T any](value T) *T { return &value }

func invoice(whose string) ledger.BillingEvent {
	due := day(-30)
	event := ledger.BillingEvent{
		Specversion: "1.0", Id: fmt.Sprintf("%s-%d", whose, now.UnixNano()), Source: "go",
		Type: "billing.invoice.issued.v1", Time: now, Creditor: whose, Subject: ptr("P-1"),
	}
	err := event.Data.FromInvoiceIssued(ledger.InvoiceIssued{
		InvoiceId: "INV-1", AccountId: "P-1", Item: "medical_fee", Amount: 830_000,
		Currency: "CNY", IssuedOn: day(-40), DueOn: &due,
	})
	if err != nil {
		log.Fatal(err)
	}
	return event
}

func main() {
	books := made(ledger.NewClientWithResponses(address("LEDGER"), ledger.WithRequestEditorFn(token)))
	desk := made(dunning.NewClientWithResponses(address("DUNNING"), dunning.WithRequestEditorFn(token)))
	post := made(notifier.NewClientWithResponses(address("NOTIFIER"), notifier.WithRequestEditorFn(token)))
	court := made(legal.NewClientWithResponses(address("LEGAL"), legal.WithRequestEditorFn(token)))

	must(desk.SetUpCreditorWithResponse(ctx, creditor, dunning.CreditorInput{
		Name: "Ward", TimeZone: "Asia/Shanghai", Currency: "CNY", Policy: ptr("county-hospital"),
	}))
	batch := ledger.SendEventBatchApplicationCloudeventsBatchPlusJSONRequestBody{invoice(creditor)}
	taken := must(books.SendEventBatchWithApplicationCloudeventsBatchPlusJSONBodyWithResponse(ctx, nil, batch))
	if taken.JSON202.Events[0].Status != "accepted" {
		log.Fatal(string(taken.Body))
	}
	var found dunning.CaseRow
	until(func() bool {
		listed := must(desk.ListCasesWithResponse(ctx, &dunning.ListCasesParams{
			Creditor: ptr(creditor), Sort: ptr(dunning.ListCasesParamsSort("owed")),
		}))
		if len(listed.JSON200.Items) == 0 {
			return false
		}
		found = listed.JSON200.Items[0]
		return true
	})
	if *found.Owed != 830_000 {
		log.Fatal(found)
	}

	must(desk.RecordPromiseWithResponse(ctx, "P-1",
		&dunning.RecordPromiseParams{Creditor: ptr(creditor)},
		dunning.PromiseInput{Amount: 1000, Until: day(2)}))
	must(desk.OpenDisputeWithResponse(ctx, "P-1",
		&dunning.OpenDisputeParams{Creditor: ptr(creditor)},
		dunning.DisputeInput{InvoiceId: ptr("INV-1")}))
	tasks := must(desk.ListTasksWithResponse(ctx, &dunning.ListTasksParams{Creditor: ptr(creditor)}))
	must(desk.CompleteTaskWithResponse(ctx, tasks.JSON200.Items[0].TaskId, nil,
		dunning.TaskCompletion{Note: ptr("looked up")}))
	must(desk.ResolveDisputeWithResponse(ctx, "P-1",
		&dunning.ResolveDisputeParams{Creditor: ptr(creditor)},
		dunning.ResolutionInput{Outcome: "reduced", Amount: ptr(800_000)}))
	until(func() bool {
		balance := must(books.GetBalanceWithResponse(ctx, "P-1", &ledger.GetBalanceParams{Creditor: ptr(creditor)}))
		return balance.JSON200.Principal == 800_000
	})

	must(books.SendEventsWithApplicationCloudeventsPlusJSONBodyWithResponse(ctx, nil, invoice("go-nobody")))
	var letter *ledger.DeadLetter
	until(func() bool {
		listed := must(books.ListDeadLettersWithResponse(ctx, nil))
		for _, one := range listed.JSON200.Items {
			if one.Creditor == "go-nobody" {
				letter = &one
			}
		}
		return letter != nil
	})
	again := must(books.RetryDeadLetterWithResponse(ctx, letter.Id, nil))
	if again.JSON200.Resolved {
		log.Fatal("nobody is set up")
	}
	must(post.ListNoticesWithResponse(ctx, &notifier.ListNoticesParams{Creditor: ptr(creditor)}))
	evidence := must(court.GetEvidenceWithResponse(ctx, found.CaseId, &legal.GetEvidenceParams{Creditor: ptr(creditor)}))
	if string(evidence.Body[:2]) != "PK" {
		log.Fatal("no ZIP file")
	}
	refused := made(desk.GetCaseWithResponse(ctx, "none"))
	if refused.ApplicationproblemJSON404 == nil {
		log.Fatal(refused.Status())
	}
	fmt.Println("oapi-codegen: a day's work done")
}
