import { object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { serviceEntryAddresses } from "./service-entry-addresses.ts";

const entry = (spec: string): string => object("ServiceEntry", "name: e", `hosts: [a.com], ${spec}`);

testAnalyzer(serviceEntryAddresses, [
  [
    "TCP without addresses",
    entry("ports: [{ number: 80, name: a, protocol: tcp }]"),
    '4:66 IST0134 ServiceEntry default/e: port 80 of protocol TCP wants "addresses": sidecars know its connections by them',
  ],
  [
    "no protocol",
    entry("ports: [{ number: 80, name: a }]"),
    '4:33 IST0134 ServiceEntry default/e: port 80 of protocol TCP wants "addresses": sidecars know its connections by them',
  ],
  ["HTTP", entry("ports: [{ number: 80, name: a, protocol: HTTP }]")],
  ["TCP with addresses", entry("addresses: [10.0.0.1], ports: [{ number: 80, name: a, protocol: TCP }]")],
]);
