import { ClusterImpl } from "../../core/cluster/cluster.ts";
import type { ClusterManagerImpl } from "../../core/cluster/cluster-manager.ts";
import { whereOf } from "../../core/resources/schema/index.ts";
import type { DryRun } from "../../core/server/explain/dry-run.ts";
import type { Explained } from "../../core/server/explain/explain-request.ts";
import type { HeaderChange, Step } from "../../core/server/explain/trace.ts";
import { isSecretHeader } from "../../plugins/admin/redact.ts";
import type { Ask } from "./read-ask.ts";

/** Where something is written. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** From the root of its document. */
  readonly path: string;
  /** Of a resource that was made from another object: which one, such as `VirtualService default/reviews`. */
  readonly object?: string;
}

/** A decision as it is told: plain JSON. */
export interface ToldStep {
  readonly kind: string;
  readonly verdict: Step["verdict"];
  readonly subject: string;
  readonly reason?: string;
  readonly where?: Place;
  /** Rejected, though a part of it fits. */
  readonly near?: true;
  /** So many like it in a row, whose path did not match, are told as one. */
  readonly misses?: number;
  /** Of what is drawn. */
  readonly odds?: ReadonlyArray<{ readonly label: string; readonly share: number; readonly where?: Place }>;
  /** The option that the steps that follow go on with. */
  readonly option?: number;
  readonly changes?: readonly HeaderChange[];
}

/** An endpoint that the request may go to. */
export interface ToldEndpoint {
  readonly address: string;
  readonly hostname?: string;
  /** 0 to 1; absent: not known before a pick. */
  readonly share?: number;
  readonly health: string;
  readonly weight: number;
  readonly priority: number;
  readonly activeRequests: number;
  /** Of its pod or workload, by which subsets choose. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly where?: Place;
}

/** The subset of a DestinationRule that a cluster stands for. */
export interface Subset {
  readonly name: string;
  /** Of the endpoints that are in it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly where?: Place;
}

/** What comes of a request, by one course of events. */
export interface Outcome {
  /** 0 to 1. */
  readonly share: number;
  /** What was drawn for it, as `subject: option`. */
  readonly drawn: readonly string[];
  /** The answer that the gateway makes itself; absent when the request goes on. */
  readonly status?: number;
  readonly details?: string;
  /** Of that answer, "name: value". */
  readonly headers?: readonly string[];
  readonly cluster?: string;
  readonly where?: Place;
  readonly subset?: Subset;
  readonly endpoints?: readonly ToldEndpoint[];
  /** Request line and headers as they go to the endpoint. */
  readonly head?: readonly string[];
}

/** The whole answer of `isthmus explain`. */
export interface Explanation {
  readonly request: Ask;
  /** Of the likeliest course. */
  readonly steps: readonly ToldStep[];
  /** The likeliest first. */
  readonly outcomes: readonly Outcome[];
  /** There are more outcomes than these. */
  readonly more?: true;
  /** Why no outcome: the request reaches nothing that speaks HTTP. */
  readonly refused?: string;
}

/** What explaining looks places up in. */
export interface PlaceFinder {
  readonly clusters: Pick<ClusterManagerImpl, "resourceOf">;
  /** Where the object was written that a resource was made from; undefined: from none. */
  readonly originOf?: (resource: object) => Place | undefined;
  readonly subsetOf?: (cluster: object) => Subset | undefined;
  readonly labelsOf?: (endpoint: object) => Readonly<Record<string, string>> | undefined;
}

/** Rejected routes are told one by one up to this many in a row. */
const FEW = 3;
/** And never more in all. */
const MOST_STEPS = 1_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NEW_UUID = "(a new UUID)";

/** What was found out, as plain JSON without secrets. */
export function tellExplained(explained: Explained, ask: Ask, places: PlaceFinder): Explanation {
  const likeliest = explained.courses.at(0);
  const steps = [...explained.before, ...(likeliest?.course.steps ?? [])];
  const request = { ...ask, headers: (ask.headers ?? []).map(withoutSecret) };
  return {
    request,
    steps: tellSteps(steps, ask.all === true, ask, places),
    outcomes: merged(explained.courses.map((run) => tellOutcome(run, ask, places))),
    ...(explained.more ? { more: true as const } : {}),
    ...(explained.refused === "" ? {} : { refused: explained.refused }),
  };
}

function tellSteps(steps: readonly Step[], all: boolean, ask: Ask, places: PlaceFinder): readonly ToldStep[] {
  const out: ToldStep[] = [];
  for (let i = 0; i < steps.length && out.length < MOST_STEPS; i++) {
    let run = 0;
    while (i + run < steps.length && isMiss(steps[i + run])) run++;
    if (all || run <= FEW) {
      out.push(tellStep(steps[i], ask, places), ...tellSubset(steps[i], places));
      continue;
    }
    const subject = `${steps[i].subject} to ${steps[i + run - 1].subject}`;
    out.push({ kind: "route", verdict: "rejected", subject, reason: "their paths do not match", misses: run });
    i += run - 1;
  }
  return out;
}

/** After a cluster that is a subset's: which, and by what labels. */
function tellSubset({ kind, verdict, subject }: Step, places: PlaceFinder): readonly ToldStep[] {
  if (kind !== "cluster" || verdict !== "chosen") return [];
  const resource = places.clusters.resourceOf(subject);
  const subset = resource === undefined ? undefined : places.subsetOf?.(resource);
  if (subset === undefined) return [];
  const { name, labels, where } = subset;
  const reason = `endpoints with ${labelsText(labels)}`;
  return [{ kind: "subset", verdict: "chosen", subject: name, reason, ...(where === undefined ? {} : { where }) }];
}

/** Labels as kubectl writes them. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels);
  return entries.length === 0 ? "any labels" : entries.map(([name, value]) => `${name}=${value}`).join(",");
}

function isMiss(step: Step): boolean {
  return step.kind === "route" && step.verdict === "rejected" && step.near !== true && /^\d/.test(step.subject);
}

function tellStep(step: Step, ask: Ask, places: PlaceFinder): ToldStep {
  const { kind, verdict, subject, about } = step;
  const base = { kind, verdict, subject, ...at(about, places) };
  if (step.verdict === "drawn") {
    const odds = step.options.map((option, i) => ({ label: option.label, share: step.odds[i], ...at(option.about, places) }));
    return { ...base, odds, option: step.option };
  }
  if (step.verdict === "changed") return { ...base, changes: step.changes.map((change) => plainChange(change, ask)) };
  return {
    ...base,
    ...(step.reason === "" ? {} : { reason: step.reason }),
    ...(step.near === true ? { near: true as const } : {}),
  };
}

function tellOutcome({ course, reply }: DryRun, ask: Ask, places: PlaceFinder): Outcome {
  const drawn = course.drawn.map((step) => step.options[step.option].label);
  const base = { share: course.probability, drawn };
  if (reply !== null) {
    const headers = pairs(reply.headers).filter(([name]) => name !== "date" && name !== "server");
    const lines = headers.map(([name, value]) => withoutSecret(`${name}: ${value}`));
    return { ...base, status: reply.status, details: reply.details, headers: lines };
  }
  const { forwarded } = course;
  if (forwarded === null) return { ...base, status: 0, details: "closed without an answer" };
  const resource = places.clusters.resourceOf(forwarded.cluster);
  const written = resource?.loadAssignment?.endpoints.flatMap((locality) => locality.lbEndpoints) ?? [];
  const subset = resource === undefined ? undefined : places.subsetOf?.(resource);
  const writtenAs = (address: string): object | undefined =>
    written.find(({ endpoint }) => {
      const socket = endpoint?.address?.socketAddress;
      return (
        socket !== undefined &&
        `${socket.address.includes(":") ? `[${socket.address}]` : socket.address}:${socket.portValue}` === address
      );
    });
  const endpoints = forwarded.hosts.map(({ hostname, share, ...host }) => {
    const about = writtenAs(host.address);
    const labels = about === undefined ? undefined : places.labelsOf?.(about);
    return {
      ...host,
      ...(hostname === "" || host.address.startsWith(`${hostname}:`) ? {} : { hostname }),
      ...(share === undefined ? {} : { share }),
      ...(labels === undefined ? {} : { labels }),
      ...at(about, places),
    };
  });
  const asked = (ask.headers ?? []).some((line) => /^x-request-id:/i.test(line));
  const head = forwarded.head.map((line, i) => {
    if (i > 0 && !asked && /^x-request-id: /i.test(line)) return `${line.slice(0, 14)}${NEW_UUID}`;
    return i === 0 ? line : withoutSecret(line);
  });
  return {
    ...base,
    cluster: forwarded.cluster,
    ...at(resource, places),
    ...(subset === undefined ? {} : { subset }),
    endpoints,
    head,
  };
}

/** Courses that come to the same are told as one, with what was drawn for all of them: a route's weights do not matter to a fault that answers before. */
function merged(outcomes: readonly Outcome[]): readonly Outcome[] {
  const byContent = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const key = JSON.stringify({ ...outcome, share: 0, drawn: [] });
    const known = byContent.get(key);
    const drawn = known?.drawn.filter((label) => outcome.drawn.includes(label)) ?? outcome.drawn;
    byContent.set(key, { ...outcome, share: outcome.share + (known?.share ?? 0), drawn });
  }
  return [...byContent.values()].sort((a, b) => b.share - a.share);
}

function at(about: object | undefined, places: PlaceFinder): { readonly where?: Place } {
  if (about === undefined) return {};
  const resource = about instanceof ClusterImpl ? places.clusters.resourceOf(about.name) : about;
  if (resource === undefined) return {};
  const origin = places.originOf?.(resource);
  if (origin !== undefined) return { where: origin };
  const where = whereOf(resource);
  if (where === undefined || where.line === 0) return {};
  return { where: { file: where.file, line: where.line, column: where.column, path: where.path } };
}

function plainChange({ name, before, after }: HeaderChange, ask: Ask): HeaderChange {
  if (isSecretHeader(name))
    return { name, before: before === undefined ? undefined : HIDDEN, after: after === undefined ? undefined : HIDDEN };
  if (
    name === "x-request-id" &&
    after !== undefined &&
    UUID.test(after) &&
    !(ask.headers ?? []).some((line) => line.endsWith(after))
  )
    return { name, before, after: NEW_UUID };
  return { name, before, after };
}

const HIDDEN = "[redacted]";

function withoutSecret(line: string): string {
  const colon = line.indexOf(":", 1);
  const name = line.slice(0, colon);
  return colon > 0 && isSecretHeader(name) ? `${name}: ${HIDDEN}` : line;
}

function pairs(list: readonly string[]): ReadonlyArray<readonly [string, string]> {
  const out: (readonly [string, string])[] = [];
  for (let i = 0; i < list.length; i += 2) out.push([list[i], list[i + 1]]);
  return out;
}
