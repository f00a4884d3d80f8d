import type { Infer } from "../schema/index.ts";
import { bool, message, uint32Value } from "../schema/index.ts";

/** Request buffering, `envoy.filters.http.buffer`: waits for the whole body before the request goes on. */
export const Buffer = message("envoy.extensions.filters.http.buffer.v3.Buffer", {
  /** Longer requests are refused with 413. */
  maxRequestBytes: uint32Value({ above: 0, required: true }),
});
export type Buffer = Infer<typeof Buffer>;

/** Its configuration for a route: exactly one of the two is set. */
export const BufferPerRoute = message(
  "envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
  {
    /** Can only be true. */
    disabled: bool(),
    buffer: Buffer,
  },
  {
    oneofs: [{ name: "override", fields: ["disabled", "buffer"], required: true }],
    check({ disabled }, complain) {
      if (disabled === false) complain("found false, wanted true: leave it out instead", "disabled");
    },
  },
);
export type BufferPerRoute = Infer<typeof BufferPerRoute>;
