// A day's work through openapi-fetch, typed by what openapi-typescript makes of the four documents.
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths as Dunning } from "./dunning.js";
import type { components as LedgerSchemas, paths as Ledger } from "./ledger.js";
import type { paths as Legal } from "./legal.js";
import type { paths as Notifier } from "./notifier.js";

const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
const at = (name: string) => ({
  baseUrl: `http://127.0.0.1:${process.env[`ARREARS_${name}_PORT`]}`,
  headers,
});
const ledger = createClient<Ledger>(at("LEDGER"));
const dunning = createClient<Dunning>(at("DUNNING"));
const notifier = createClient<Notifier>(at("NOTIFIER"));
const legal = createClient<Legal>(at("LEGAL"));

const creditor = "ts-ward";
const query = { creditor };
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

type Case = components["schemas"]["CaseRow"];
type Event = LedgerSchemas["schemas"]["BillingEvent"];

function must<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.url}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((again) => setTimeout(again, 200));
  }
  throw new Error("it never came true");
}

function event(type: Event["type"], data: Event["data"], whose = creditor): Event {
  return {
    specversion: "1.0",
    id: randomUUID(),
    source: "ts",
    type,
    time: new Date().toISOString(),
    creditor: whose,
    subject: "P-1",
    datacontenttype: "application/json",
    data,
  };
}

function invoice(whose = creditor): Event {
  return event(
    "billing.invoice.issued.v1",
    {
      invoice_id: "INV-1",
      account_id: "P-1",
      item: "medical_fee",
      amount: 830_000,
      currency: "CNY",
      issued_on: day(-40),
      due_on: day(-30),
      attributes: {},
    },
    whose,
  );
}

must(
  await dunning.PUT("/v1/creditors/{creditor}", {
    params: { path: { creditor } },
    body: {
      name: "Ward",
      time_zone: "Asia/Shanghai",
      currency: "CNY",
      policy: "county-hospital",
      languages: ["en"],
      parameters: {},
      second_person_above: 1_000_000,
    },
  }),
);
const taken = must(
  await ledger.POST("/v1/events/batch", {
    body: [invoice()],
    headers: { "Content-Type": "application/cloudevents-batch+json" },
  }),
);
if (taken.events[0]?.status !== "accepted") throw new Error(JSON.stringify(taken));
const found: Case = await until(async () => {
  const listed = await dunning.GET("/v1/cases", { params: { query: { creditor, sort: "owed" } } });
  return must(listed).items[0];
});
if (found.owed !== 830_000) throw new Error(JSON.stringify(found));

const path = { account: "P-1" };
must(
  await dunning.POST("/v1/accounts/{account}/promises", {
    params: { path, query },
    body: { amount: 1000, until: day(2) },
  }),
);
must(
  await dunning.POST("/v1/accounts/{account}/disputes", {
    params: { path, query },
    body: { invoice_id: "INV-1", kind: "objection" },
  }),
);
const tasks = must(await dunning.GET("/v1/tasks", { params: { query } }));
must(
  await dunning.POST("/v1/tasks/{task_id}/completion", {
    params: { path: { task_id: tasks.items[0]!.task_id } },
    body: { note: "looked up" },
  }),
);
must(
  await dunning.POST("/v1/accounts/{account}/disputes/resolution", {
    params: { path, query },
    body: { outcome: "reduced", amount: 800_000 },
  }),
);
await until(async () => {
  const one = { account_id: "P-1" };
  const asked = await ledger.GET("/v1/accounts/{account_id}/balance", {
    params: { path: one, query },
  });
  return must(asked).principal === 800_000 ? true : undefined;
});

must(
  await ledger.POST("/v1/events", {
    body: invoice("ts-nobody"),
    headers: { "Content-Type": "application/cloudevents+json" },
  }),
);
const letter = await until(async () => {
  const listed = must(await ledger.GET("/v1/dead-letters", {}));
  return listed.items.find((one) => one.creditor === "ts-nobody");
});
const again = must(
  await ledger.POST("/v1/dead-letters/{letter_id}/retry", {
    params: { path: { letter_id: letter.id } },
    body: { reason: "to see whether it is taken now" },
  }),
);
if (again.resolved) throw new Error("nobody is set up");
must(await notifier.GET("/v1/notices", { params: { query } }));
const evidence = must(
  await legal.GET("/v1/cases/{case_id}/evidence", {
    params: { path: { case_id: found.case_id }, query },
    parseAs: "arrayBuffer",
  }),
) as unknown as ArrayBuffer;
if (new TextDecoder().decode(evidence.slice(0, 2)) !== "PK") throw new Error("no ZIP file");
const refused = await dunning.GET("/v1/cases/{case_id}", { params: { path: { case_id: "none" } } });
if (refused.error?.status !== 404) throw new Error(JSON.stringify(refused));
console.log("openapi-typescript: a day's work done");
