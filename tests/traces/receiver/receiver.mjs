// Prints the URL it listens on, then every export request it takes, a line of JSON each.
import { MockOtlpServer, normalizeTrace } from "@elastic/mockotlpserver";

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const server = new MockOtlpServer({
  services: ["http"],
  httpHostname: "127.0.0.1",
  httpPort: 0,
  logLevel: "warn",
  onTrace: (request) => print(normalizeTrace(request)),
});
await server.start();
print({ url: server.httpUrl });
