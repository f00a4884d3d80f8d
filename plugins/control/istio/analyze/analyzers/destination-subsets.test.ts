import { documents, object, testAnalyzer } from "../testing/analyzer-cases.ts";
import { destinationSubsets } from "./destination-subsets.ts";

const rule = object("DestinationRule", "name: r, namespace: prod", "host: reviews, subsets: [{ name: v1 }, { name: v2 }]");
const route = (destination: string): string =>
  object("VirtualService", "name: v, namespace: prod", `hosts: [a.com], tcp: [{ route: [{ destination: { ${destination} } }] }]`);

testAnalyzer(destinationSubsets, [
  ["by a short name", documents(route("host: reviews, subset: v1"), rule)],
  ["by the full name", documents(route("host: reviews.prod.svc.cluster.local, subset: v2"), rule)],
  ["no subset", documents(route("host: other"), rule)],
  [
    "a misspelt one",
    documents(route("host: reviews, subset: v3"), rule),
    '4:81 IST0101 VirtualService prod/v: subset "v3" of host "reviews" not found: no DestinationRule has it; did you mean "v1"?',
  ],
  [
    "no rule for the host",
    documents(route("host: ratings, subset: v1"), rule),
    '4:81 IST0101 VirtualService prod/v: subset "v1" of host "ratings" not found: no DestinationRule has it',
  ],
]);
