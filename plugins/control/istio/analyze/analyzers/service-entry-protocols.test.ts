import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { serviceEntryProtocols } from "./service-entry-protocols.ts";

const entry = (name: string, protocol: string, more = ""): string =>
  object("ServiceEntry", `name: ${name}`, `hosts: [a.com], ports: [{ number: 80, name: a, protocol: ${protocol} }] ${more}`);

testAnalyzer(serviceEntryProtocols, [
  [
    "two protocols",
    documents(entry("e", "HTTP"), entry("f", "HTTPS")),
    '4:66 IST0177 ServiceEntry default/e: "a.com:80" is HTTP here and HTTPS in ServiceEntry "default/f"',
    '9:66 IST0177 ServiceEntry default/f: "a.com:80" is HTTPS here and HTTP in ServiceEntry "default/e"',
  ],
  ["one protocol in two cases", documents(entry("e", "HTTP"), entry("f", "http"))],
  ["for other namespaces", documents(entry("e", "HTTP", ", exportTo: [x]"), entry("f", "HTTPS", ", exportTo: [z]"))],
]);
