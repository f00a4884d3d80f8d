/** The largest number that `grpc-timeout` may hold: eight digits. Source: gRPC over HTTP/2, "TimeoutValue". */
const MAX_VALUE = 99_999_999;

/** Milliseconds in each unit. */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** `grpc-timeout` in milliseconds, parts of one rounded up; -1 when it is absent or not of gRPC's form. Source: gRPC over HTTP/2, "Timeout". */
export function parseGrpcTimeout(text: string | undefined): number {
  if (text === undefined || text.length < 2) return -1;
  const last = text.length - 1;
  let value = 0;
  for (let i = 0; i < last; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > MAX_VALUE) return -1;
  }
  const unit = UNITS[text[last]];
  if (unit === undefined) return -1;
  // Divided, since a multiple of a fraction may come out above a whole number of milliseconds.
  return unit >= 1 ? value * unit : Math.ceil(value / Math.round(1 / unit));
}

/** Milliseconds as `grpc-timeout`, in the finest unit from milliseconds up that has room for them. Source: Envoy, "toGrpcTimeout". */
export function formatGrpcTimeout(ms: number): string {
  let value = Math.floor(ms);
  if (value <= MAX_VALUE) return `${value}m`;
  value = Math.floor(value / 1000);
  if (value <= MAX_VALUE) return `${value}S`;
  value = Math.floor(value / 60);
  if (value <= MAX_VALUE) return `${value}M`;
  return `${Math.min(Math.floor(value / 60), MAX_VALUE)}H`;
}

/**
 * `max_grpc_timeout`: the timeout of a route in milliseconds, 0: none. `asked` is -1 without `grpc-timeout`, which asks for no limit;
 * the offset is left off where it would leave nothing. Source: Envoy, RouteAction.max_grpc_timeout and grpc_timeout_offset.
 */
export function grpcTimeoutInPlace(asked: number, max: number, offset: number): number {
  let timeout = asked < 0 ? 0 : asked;
  if (offset < timeout) timeout -= offset;
  return max > 0 && (timeout === 0 || timeout > max) ? max : timeout;
}

/** `grpc_timeout_header_max`: the bound on a stream in milliseconds, 0: its time is over. Source: Envoy, RouteAction.MaxStreamDuration. */
export function boundedGrpcTimeout(asked: number, max: number, offset: number): number {
  const timeout = max > 0 && asked > max ? max : asked;
  return offset < timeout ? timeout - offset : 0;
}
