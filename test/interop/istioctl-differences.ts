/** A difference from `istioctl analyze --use-kube=false` that is meant, with its reason. */
export interface IstioctlDifference {
  readonly cases: RegExp;
  readonly reason: string;
}

/** Where `isthmus analyze` says more about a single object than Istio's validation does. */
export const brokenDifferences: readonly IstioctlDifference[] = [
  {
    cases: /a field in snake_case|an unknown field|an unknown way to match/,
    reason: "istioctl passes over unknown fields; Kubernetes' API server drops them or, asked for strictness, refuses them",
  },
  {
    cases: /two ways to match|two ports to redirect to|a body twice|two balancers|two things to hash by/,
    reason: "istioctl takes one of the members of a oneof; the CRD refuses both",
  },
  { cases: /unknown operator/, reason: "Istio looks at the form of a header value alone; Envoy refuses the route" },
  { cases: /a group too many/, reason: "Istio does not look at the substitution; Envoy refuses the route" },
  { cases: /: a status that is none/, reason: "Istio lets 600 pass, which Envoy refuses" },
  { cases: /an abort without status/, reason: "a warning that Istio makes and loses on its way" },
  { cases: /versions the wrong way round/, reason: "Istio does not compare them; no client could connect" },
  { cases: /three certificates/, reason: "the CRD's limit, which istioctl does not know" },
];

/** Where the two say different things about several objects. */
export const meshDifferences: readonly IstioctlDifference[] = [
  {
    cases: /a gateway that is not there/,
    reason: "Istio also warns that the gateway has not the host (IST0132), which says the same again",
  },
  {
    cases: /a longer prefix with a header more/,
    reason: "Istio only compares matches with as many headers; a match that asks for more is covered all the same",
  },
];
